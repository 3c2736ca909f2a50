import { useState } from "react";
import { CodeBlock } from "./Copyable";
import { Tabs } from "./Tabs";

export type Sample = { name: string; label: string; text: string };

/** The same in several languages, each to be copied. */
export function CodeTabs({ label, samples }: { label: string; samples: readonly Sample[] }) {
  const [name, choose] = useState(samples[0]?.name ?? "");
  const chosen = samples.find((sample) => sample.name === name) ?? samples[0];
  if (!chosen) return null;
  return (
    <Tabs label={label} tabs={samples} chosen={chosen.name} onChoose={choose}>
      <CodeBlock text={chosen.text} what={`${label}: ${chosen.label}`} />
    </Tabs>
  );
}
