import { ChevronRight, Link2 } from "lucide-react";
import type { Level } from "@/api/types";
import { CopyButton } from "@/components/ui/Copyable";
import { Badge } from "@/components/ui/Status";
import { cx } from "@/lib/cx";
import { inWords, toTheMillisecond } from "@/lib/time";
import { logs as t } from "@/messages";
import type { Line } from "./line";

const COLOURS: Record<Level, string> = { TRACE: "text-soft", DEBUG: "text-soft", INFO: "text-accent", WARN: "text-warn", ERROR: "text-bad" };
type Props = { line: Line; open: boolean; marked: boolean; onToggle: () => void; linkTo: (exact: string) => string };

/** When, how serious, who says it, what; all that was said with it when it is opened. */
export function LogRow({ line, open, marked, onToggle, linkTo }: Props) {
  return (
    <div className={cx("border-b border-line/60", marked && "bg-tint")}>
      <button
        type="button"
        aria-expanded={open}
        onClick={onToggle}
        className="flex w-full items-start gap-x-2.5 px-3 py-1 text-left font-mono text-xs leading-5 hover:bg-over max-sm:flex-wrap"
      >
        <ChevronRight size={12} aria-hidden className={cx("mt-1 shrink-0 text-soft transition-transform", open && "rotate-90")} />
        <time dateTime={line.at} title={inWords(line.at)} className="shrink-0 text-soft tabular-nums">
          {toTheMillisecond(line.at)}
        </time>
        <span className={cx("w-11 shrink-0 font-medium", COLOURS[line.level])}>{line.level}</span>
        <span className="w-12 shrink-0 text-soft" title={t.sourceIs[line.source]}>{t.sources[line.source]}</span>
        <span className={cx("min-w-0 max-sm:w-full max-sm:pl-5 sm:flex-1", open ? "whitespace-pre-wrap" : "truncate max-sm:line-clamp-2 max-sm:whitespace-normal")}>
          {line.message}
        </span>
      </button>
      {open && <Details line={line} link={linkTo(line.exact)} />}
    </div>
  );
}

function Details({ line, link }: { line: Line; link: string }) {
  return (
    <div className="grid gap-2 bg-code/60 px-3 pt-1 pb-3 sm:pl-8">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 font-mono text-xs">
        <dt className="text-soft">{t.at}</dt>
        <dd>{line.exact}</dd>
        {line.details.map(([name, value]) => (
          <Detail key={name} name={name} value={value} />
        ))}
      </dl>
      <div className="flex flex-wrap items-center gap-2">
        {line.source !== "engine" && <Badge>{t.sourceIs[line.source]}</Badge>}
        <a href={link} className="inline-flex h-8 items-center gap-1.5 rounded-md px-1.5 text-sm text-accent hover:underline">
          <Link2 size={14} aria-hidden /> {t.permalink}
        </a>
        <CopyButton text={line.json} what={t.line} />
      </div>
    </div>
  );
}

function Detail({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="whitespace-pre-wrap">{value}</dd>
    </>
  );
}
