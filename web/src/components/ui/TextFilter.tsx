import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Input } from "./Input";

type Props = { label: string; value: string; onChange: (value: string) => void; placeholder?: string; options?: string[]; className?: string };
const AFTER_MILLISECONDS = 350;

/** A filter that is typed: it takes effect when one stops typing, or at once with Enter. */
export function TextFilter({ label, value, onChange, placeholder = label, options, className }: Props) {
  const [typed, setTyped] = useState(value);
  const [held, setHeld] = useState(value);
  const [told, setTold] = useState(value);
  const change = useRef(onChange);
  useEffect(() => { change.current = onChange; });
  if (held !== value) {
    setHeld(value);
    // Not what was told from here, behind which one may have typed on: a link, the back button.
    if (value !== told) {
      setTold(value);
      setTyped(value);
    }
  }
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => { setTold(typed); change.current(typed); }, AFTER_MILLISECONDS);
    return () => { clearTimeout(timer); };
  }, [typed, value]);
  const list = options ? `options-${label.replaceAll(/\W/g, "-")}` : undefined;
  return (
    <div className={`relative min-w-0 ${className ?? "flex-1 basis-48"}`}>
      <Search size={15} aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 text-soft" />
      <Input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={typed}
        list={list}
        spellCheck={false}
        autoComplete="off"
        maxLength={200}
        className="pl-8"
        onChange={(event) => { setTyped(event.target.value); }}
        onKeyDown={(event) => { if (event.key === "Enter") { setTold(typed); onChange(typed); } }}
      />
      {options && <datalist id={list}>{options.map((one) => <option key={one} value={one} />)}</datalist>}
    </div>
  );
}
