// The platform's time: the wall's, or a replay's, which runs faster and never overtakes it.
let origin = { now: Date.now(), at: performance.now(), speed: 1 };

export function setClock({ now, speed }) {
  origin = { now: Date.parse(now), at: performance.now(), speed };
}

export const speed = () => origin.speed;
export function now() {
  const passed = (performance.now() - origin.at) * origin.speed;
  return new Date(origin.speed === 1 ? origin.now + passed : Math.min(origin.now + passed, Date.now()));
}
