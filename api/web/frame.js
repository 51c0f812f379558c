// Who is signed in, and how failures are said: what every view of the page needs.
import { byId, show } from "./dom.js";
import { text } from "./language.js";
import * as server from "./server.js";

const RETRY_MS = 5_000;
let session = null;
let ending = () => {};
let beginning = () => {};

export const signedIn = () => session?.signed_in ?? false;
export const may = (scope) => session.scopes.includes(scope) || session.scopes.includes("admin");

// What to do when the session has ended, with words for people, and how to begin again when the server did not answer.
export function onEnd(end, begin) {
  ending = end;
  beginning = begin;
}

export async function readSession() {
  session = await server.session();
  return session;
}

export async function signOut() {
  session.signed_in = false;
  await server.signOut();
}

// A failure is said once, where it can be seen; the next success takes it back.
export const guarded = (work) => async () => {
  try {
    await work();
    show(byId("failure"), false);
  } catch (problem) {
    if (!(problem instanceof server.Problem)) throw problem;
    if (problem.code === "dropped") return undefined;
    if (problem.status === 401) return ending(text("sessionEnded"));
    byId("failure").textContent = problem.status === 0 ? text("unreachable") : problem.message;
    show(byId("failure"), true);
    if (session === null) setTimeout(beginning, RETRY_MS);
  }
};
