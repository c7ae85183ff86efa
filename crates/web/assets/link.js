// The line to the service: live events, loss, and coming back.

const SILENCE_MS = 2500; // ten missed snapshots

/** Calls `onLive(message)`, `onRecord(line)`, `onMissed()`, `onLost(sinceMs)` and `onFound()`. */
export function connect({ onLive, onRecord, onMissed, onLost, onFound }) {
  let heard = performance.now();
  let lost = true;
  let events;

  const open = () => {
    events = new EventSource("/api/stream");
    events.addEventListener("snapshot", (event) => {
      const message = JSON.parse(event.data);
      heard = performance.now();
      if (lost) {
        lost = false;
        onFound();
      }
      onLive(message);
    });
    events.addEventListener("record", (event) => onRecord(JSON.parse(event.data)));
    events.addEventListener("missed", () => onMissed());
  };
  open();

  setInterval(() => {
    const quiet = performance.now() - heard;
    if (quiet < SILENCE_MS) return;
    lost = true;
    onLost(quiet);
    // A refused stream is closed for good, unlike one that broke: ask again.
    if (events.readyState === EventSource.CLOSED) open();
  }, 1000);
  addEventListener("pagehide", () => events.close());
  // A page that comes back from the browser's memory has missed everything since.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

/** Fetches JSON; throws the service's own sentence when it refuses. */
export async function ask(path) {
  return answer(await fetch(path));
}

/** Presses a button; throws the service's own sentence when it refuses. */
export async function press(key) {
  const response = await fetch("/api/control/" + encodeURIComponent(key), {
    method: "POST",
    headers: { "x-cellward": "1" },
  });
  return answer(response);
}

async function answer(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? "refused");
  return body;
}
