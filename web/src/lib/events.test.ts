import { expect, test } from "vitest";
import { serverSentEvents, textLines } from "./events";

function arriving(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      pieces.forEach((piece) => { controller.enqueue(piece); });
      controller.close();
    },
  });
}
const bytes = (text: string) => new TextEncoder().encode(text);

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("lines are whole wherever the network cuts, inside a letter too", async () => {
  const text = bytes("größe\r\nzwei\ndrei");
  for (let cut = 0; cut <= text.length; cut += 1)
    expect(await all(textLines(arriving(text.slice(0, cut), text.slice(cut))))).toEqual(["größe", "zwei", "drei"]);
});

test("an event has its id, its name and all its data; comments and half events are none", async () => {
  const text = ": hello\n\nid: 7\ndata: a: b\ndata: c\n\nevent: end\ndata:{}\n\ndata: cut off";
  expect(await all(serverSentEvents(arriving(bytes(text))))).toEqual([
    { id: "7", name: "message", data: "a: b\nc" },
    { id: "7", name: "end", data: "{}" },
  ]);
});
