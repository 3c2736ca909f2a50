import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";
import { copy } from "@/lib/clipboard";
import { cx } from "@/lib/cx";
import { common } from "@/messages";
import { Button } from "./Button";

/** `Copy what`: says for a moment whether it is copied, to eyes and readers of screens. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => { setCopied(null); }, 2000);
    return () => { clearTimeout(timer); };
  }, [copied]);
  const said = copied === null ? common.copy(what) : copied ? common.copied : common.notCopied;
  return (
    <Button
      look="bare"
      size="squareSmall"
      aria-label={said}
      title={copied === false ? said : common.copy(what)}
      onClick={(event) => void copy(text, event.currentTarget).then(setCopied)}
    >
      {copied === null ? <Copy size={14} /> : copied ? <Check size={14} className="text-good" /> : <X size={14} className="text-bad" />}
    </Button>
  );
}

/** One value in one line that can be copied. */
export function Copyable({ text, what, className }: { text: string; what: string; className?: string }) {
  return (
    <span className={cx("inline-flex max-w-full min-w-0 items-center gap-1 align-middle", className)}>
      <code className="truncate font-mono text-sm" title={text}>
        {text}
      </code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

/** Lines to be copied as they stand. */
export function CodeBlock({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex min-w-0 rounded-lg border border-line bg-code">
      {/* A long line is scrolled sideways, by keyboard too, and never below the button. */}
      <pre tabIndex={0} role="region" aria-label={what} className="min-w-0 flex-1 overflow-x-auto rounded-lg py-3 pl-3.5 font-mono text-sm leading-relaxed">
        {text}
      </pre>
      <span className="p-1.5">
        <CopyButton text={text} what={what} />
      </span>
    </div>
  );
}
