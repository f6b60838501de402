// Preloaded (node --import) before a process under drill: its wall clock is hours or days off, and jumps by up to an hour
// back and forth several times a second, across the changes of summer time. SKEW_HOURS says how far off it is.
const realNow = Date.now.bind(Date);
const skewMs = Number(process.env.SKEW_HOURS ?? 0) * 3_600_000;
const JUMPS_MS = [0, 3_600_000, -3_600_000, 1_800_000, -7_200_000];
Date.now = () => {
  const now = realNow();
  return now + skewMs + JUMPS_MS[Math.floor(now / 300) % JUMPS_MS.length];
};
globalThis.Date = class extends Date {
  constructor(...args) {
    if (args.length === 0) super(globalThis.Date.now());
    else super(...args);
  }
};
