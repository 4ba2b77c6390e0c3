/** Milliseconds as 0:07, 12:05 or 1:02:03; never below zero. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** When something was: the time for today, the weekday within a week, else the date. */
export function moment(time: Date, now: Date, lang: string): string {
  const clock = new Intl.DateTimeFormat(lang, {timeStyle: 'short'}).format(time);
  const days = Math.round((midnight(now) - midnight(time)) / 86_400_000);
  if (days === 0) return clock;
  const day: Intl.DateTimeFormatOptions =
    days > 0 && days < 7
      ? {weekday: 'short'}
      : {day: 'numeric', month: 'short', year: days < 300 ? undefined : 'numeric'};
  return `${new Intl.DateTimeFormat(lang, day).format(time)}, ${clock}`;
}

function midnight(time: Date): number {
  return Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
}
