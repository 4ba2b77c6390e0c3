/** How long what a user sets of his presence is to hold; "kept" is as it was set before, "time" what he writes. */
export const untils = ['none', 'kept', 'half', 'hour', 'afternoon', 'morning', 'time'] as const;
export type Until = (typeof untils)[number];

const minute = 60_000;

/** The moment at which it ends; null for none, and for a time that is none. `written` is of a field of date and time. */
export function untilOf(until: Until, now: Date, kept: string | null, written: string): Date | null {
  switch (until) {
    case 'none':
      return null;
    case 'kept':
      return moment(kept ?? '');
    case 'half':
      return new Date(now.getTime() + 30 * minute);
    case 'hour':
      return new Date(now.getTime() + 60 * minute);
    case 'afternoon':
      return at(now, 0, 13);
    case 'morning':
      return at(now, 1, 8);
    case 'time':
      return moment(written);
  }
}

/** Those that can be chosen now. */
export function choices(now: Date, kept: string | null): Until[] {
  return untils.filter(until => {
    if (until === 'kept') return !!kept;
    return until !== 'afternoon' || at(now, 0, 13) > now;
  });
}

/** A moment as a field of date and time writes it, in the time of the user. */
export function written(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

function at(now: Date, days: number, hour: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
}

function moment(text: string): Date | null {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? null : time;
}
