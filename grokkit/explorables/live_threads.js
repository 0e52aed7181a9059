// The threads that train, which share the seeds: one each where there are so many processors, fewer elsewhere.
export class Threads {
  constructor(script, seeds, heard, failed) {
    this.address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const count = Math.min(seeds.length, Math.max(1, (navigator.hardwareConcurrency ?? 2) - 1)); // one is the page's
    this.seeds = Array.from({ length: count }, (_, i) => seeds.filter((_, place) => place % count === i));
    this.workers = this.seeds.map(() => Object.assign(new Worker(this.address), { onmessage: heard, onerror: failed }));
  }

  start(settings, steps) {
    this.workers.forEach((worker, i) => worker.postMessage({ start: { settings, seeds: this.seeds[i], steps } }));
  }

  tell(message) {
    for (const worker of this.workers) worker.postMessage(message);
  }

  end() {
    for (const worker of this.workers) worker.terminate();
    URL.revokeObjectURL(this.address);
  }
}
