import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { Tabs } from "./Tabs";

const TABS = [{ name: "cli", label: "CLI" }, { name: "curl", label: "curl" }, { name: "go", label: "Go" }] as const;

function Example() {
  const [chosen, setChosen] = useState<"cli" | "curl" | "go">("cli");
  return <Tabs label="Ways" tabs={TABS} chosen={chosen} onChoose={setChosen}>{`text of ${chosen}`}</Tabs>;
}

test("arrows choose and go round, Home and End jump, Tab leaves the list", async () => {
  const user = userEvent.setup();
  render(<Example />);
  const chosen = () => screen.getByRole("tab", { selected: true }).textContent;
  await user.tab();
  for (const [key, expected] of [["ArrowLeft", "Go"], ["ArrowRight", "CLI"], ["ArrowRight", "curl"], ["End", "Go"], ["Home", "CLI"]] as const) {
    await user.keyboard(`{${key}}`);
    expect([chosen(), document.activeElement?.textContent]).toEqual([expected, expected]);
  }
  await user.tab();
  expect(document.activeElement?.getAttribute("role")).not.toBe("tab");
  expect(screen.getByRole("tabpanel", { name: "CLI" }).textContent).toBe("text of cli");
});
