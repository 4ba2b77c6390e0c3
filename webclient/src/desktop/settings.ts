/** Small choices of this browser; kept in memory alone where storage throws. */
export class Settings {
  private readonly memory = new Map<string, string>();

  get(name: string): string | null {
    try {
      return localStorage.getItem(`ringsplash-${name}`) ?? this.memory.get(name) ?? null;
    } catch {
      return this.memory.get(name) ?? null;
    }
  }

  set(name: string, value: string): void {
    this.memory.set(name, value);
    try {
      localStorage.setItem(`ringsplash-${name}`, value);
    } catch {
      // Blocked: the choice lasts as long as the page.
    }
  }
}
