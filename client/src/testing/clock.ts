import type { Clock } from "../types.js";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves the clock, fires the timers that come due in their order, and lets promises run between them. */
  advance(ms: number): Promise<void>;
  /** How many timers are set: 0 when nothing was left behind. */
  readonly pending: number;
}

/** Makes a {@link FakeClock}. */
export function createFakeClock(start = 1_000): FakeClock {
  let time = start;
  let nextId = 1;
  const timers = new Map<number, { at: number; fn: () => void }>();
  const due = (until: number) => {
    let first: [number, { at: number; fn: () => void }] | undefined;
    for (const entry of timers) if (entry[1].at <= until && (!first || entry[1].at < first[1].at)) first = entry;
    return first;
  };
  return {
    now: () => time,
    setTimeout(fn, ms) {
      timers.set(nextId, { at: time + Math.max(0, ms), fn });
      return nextId++;
    },
    clearTimeout: (timer) => void timers.delete(timer as number),
    async advance(ms) {
      const until = time + ms;
      await settle();
      for (let timer = due(until); timer; timer = due(until)) {
        timers.delete(timer[0]);
        time = Math.max(time, timer[1].at);
        timer[1].fn();
        await settle();
      }
      time = until;
      await settle();
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets everything run that waits for promises only, such as the answers of the fake server. */
export async function settle(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

/** One turn of the event loop. A message port has no least delay, as setTimeout has. */
function turn(): Promise<void> {
  if (typeof MessageChannel === "undefined") return new Promise((resolve) => setTimeout(resolve, 0));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
