/** Lines of text as they arrive, without their ends; what comes before the last end only. */
export async function* textLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      held += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = held.split("\n");
      held = lines.pop() ?? "";
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
      if (done) break;
    }
    if (held) yield held;
  } finally {
    // Whoever stops listening lets the connection go.
    void reader.cancel().catch(() => undefined);
  }
}

export type ServerSentEvent = { id: string; name: string; data: string };

/** Server-sent events (WHATWG HTML §9.2.6): comments are left out; `id` is the last one that was sent. */
export async function* serverSentEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id = "";
  let name = "";
  let data: string[] = [];
  for await (const line of textLines(stream)) {
    if (line === "") {
      if (data.length) yield { id, name: name || "message", data: data.join("\n") };
      name = "";
      data = [];
      continue;
    }
    const at = line.indexOf(":");
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    if (field === "event") name = value;
    if (field === "id") id = value;
  }
}
