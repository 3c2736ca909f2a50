import { render } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { AuditEventView } from "@/api/types";
import { EventList } from "./EventList";

const EVENTS = Array.from({ length: 30 }, (_, index) => ({ auditEventId: `aud_${String(index)}`, action: "member.remove", actor: "usr_1", at: "2026-11-20T12:00:00Z", result: "ok", details: {} }) as unknown as AuditEventView);

test("older events are fetched before the end is reached, but not again and again when that fails", () => {
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
  const ask = vi.fn();
  const list = (stuck: boolean) => <EventList events={EVENTS} personName={String} more={() => { ask(); }} loadingMore={false} stuck={stuck} onFilter={vi.fn()} />;
  const { rerender } = render(list(false));
  expect(ask).toHaveBeenCalled();
  ask.mockClear();
  for (let times = 0; times < 5; times += 1) rerender(list(true));
  expect(ask).not.toHaveBeenCalled();
});
