import { Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { matching, registry, type Command } from "@/components/commands";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { shell } from "@/messages";

const OPEN = "console:commands";

export function openCommands(): void {
  dispatchEvent(new Event(OPEN));
}

/** Ctrl-K or ⌘K: every page and action by its name. */
export function CommandMenu() {
  const box = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const show = () => {
      if (!box.current?.open) box.current?.showModal();
      setOpen(true);
    };
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      show();
    };
    addEventListener("keydown", onKey);
    addEventListener(OPEN, show);
    return () => {
      removeEventListener("keydown", onKey);
      removeEventListener(OPEN, show);
    };
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={shell.commands.title}
      onClose={() => { setOpen(false); }}
      onClick={(event) => { if (event.target === box.current) box.current.close(); }}
      className="panel mt-[12vh] w-full max-w-[min(36rem,calc(100vw-2rem))] overflow-hidden shadow-high"
    >
      {open && <Finder close={() => box.current?.close()} />}
    </dialog>
  );
}

function Finder({ close }: { close: () => void }) {
  const entries = useStore(registry);
  const field = useRef<HTMLInputElement>(null);
  // The dialog was opened before there was anything in it to focus.
  useEffect(() => field.current?.focus(), []);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useMemo(() => matching(entries.toReversed().flatMap((entry) => entry.commands), text), [entries, text]);
  const chosen = found[Math.min(at, found.length - 1)];
  function run(command: Command | undefined) {
    close();
    command?.run();
  }
  function onKey(event: KeyboardEvent) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && found.length) setAt((Math.min(at, found.length - 1) + by + found.length) % found.length);
    else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  }
  return (
    <div onKeyDown={onKey}>
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search size={16} aria-hidden className="text-soft" />
        <input
          ref={field}
          role="combobox"
          aria-expanded="true"
          aria-controls="command-list"
          aria-activedescendant={chosen ? `command-${chosen.id}` : undefined}
          aria-label={shell.commands.title}
          placeholder={shell.commands.placeholder}
          value={text}
          onChange={(event) => { setText(event.target.value); setAt(0); }}
          className="h-12 w-full bg-transparent text-lg focus-visible:shadow-none"
        />
      </div>
      <ul id="command-list" role="listbox" aria-label={shell.commands.title} className="max-h-[50vh] overflow-y-auto p-1.5">
        {found.map((command) => (
          <Option key={command.id} command={command} chosen={command === chosen} run={run} />
        ))}
      </ul>
      {!found.length && <p className="px-4 pb-4 text-soft">{shell.commands.nothing}</p>}
      <p className="border-t border-line px-4 py-2 text-xs text-soft">{shell.commands.hint}</p>
    </div>
  );
}

function Option({ command, chosen, run }: { command: Command; chosen: boolean; run: (command: Command) => void }) {
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) line.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const Icon = command.icon;
  return (
    <li
      ref={line}
      id={`command-${command.id}`}
      role="option"
      aria-selected={chosen}
      onClick={() => { run(command); }}
      className={cx("flex items-center gap-3 rounded-md px-3 py-2", chosen ? "bg-over" : "hover:bg-over/60")}
    >
      <Icon size={16} aria-hidden className="text-soft" />
      <span className="min-w-0 flex-1 truncate">{command.title}</span>
      <span className="text-sm text-soft">{command.group}</span>
    </li>
  );
}
