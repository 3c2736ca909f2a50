import { cx } from "@/lib/cx";

type Props<Name extends string> = {
  label: string;
  choices: readonly { name: Name; label: string }[];
  chosen: Name;
  onChoose: (name: Name) => void;
};

/** One of a few, side by side. */
export function Segments<Name extends string>({ label, choices, chosen, onChoose }: Props<Name>) {
  return (
    <div role="group" aria-label={label} className="flex rounded-lg border border-rim bg-card p-0.5 shadow-low">
      {choices.map(({ name, label: words }) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === chosen}
          onClick={() => { onChoose(name); }}
          className={cx("h-7 rounded-md px-2.5 text-sm whitespace-nowrap", name === chosen ? "bg-tint font-medium text-accent" : "text-soft hover:text-ink")}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
