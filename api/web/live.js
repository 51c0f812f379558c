// News from the server, and the pace at which the page follows them.
const KINDS = ["ingest", "forecast", "event", "command"];
const PAUSE_MS = 2000;
const AFTERMATH_MS = 6000; // sums follow their readings a moment later

export class Live {
  #source = null;

  constructor({ onNews, onState, onEnded }) {
    Object.assign(this, { onNews, onState, onEnded });
  }

  start() {
    this.stop();
    this.onState("connecting");
    this.#source = new EventSource("/v1/stream");
    this.#source.addEventListener("open", () => {
      this.onState("live");
      for (const kind of KINDS) this.onNews(kind); // whatever happened meanwhile
    });
    this.#source.addEventListener("error", () => {
      this.onState("reconnecting");
      if (this.#source.readyState === EventSource.CLOSED) this.onEnded();
    });
    for (const kind of KINDS) this.#source.addEventListener(kind, () => this.onNews(kind));
  }

  stop() {
    this.#source?.close();
    this.#source = null;
  }
}

// Runs `work` now and then, never twice at once, at most every two seconds, and once more after the last call.
export function paced(work) {
  let running = false;
  let wanted = false;
  let aftermath = 0;

  async function run() {
    wanted = true;
    if (running) return;
    running = true;
    while (wanted) {
      wanted = false;
      await work();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    running = false;
  }

  return () => {
    clearTimeout(aftermath);
    aftermath = setTimeout(run, AFTERMATH_MS);
    run();
  };
}
