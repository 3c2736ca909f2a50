import { useLocation, useRouter } from "@tanstack/react-router";
import { ArrowDown, Download, Pause, Play, ScrollText } from "lucide-react";
import { useEffect, useState } from "react";
import type { Environment } from "@/api/types";
import { Button, buttonLook } from "@/components/ui/Button";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Menu, menuItem } from "@/components/ui/Menu";
import { Notice, type Tone } from "@/components/ui/Notice";
import { SkeletonLines } from "@/components/ui/Skeleton";
import { Status } from "@/components/ui/Status";
import { useStore } from "@/lib/store";
import { zoneName } from "@/lib/time";
import { logs as t } from "@/messages";
import { Feed, type Shown } from "./feed";
import type { Line } from "./line";
import { LogList } from "./LogList";
import { downloadAddress, MOST_LINES, type Wanted } from "./queries";

type Props = { environment: Environment; wanted: Wanted; marked: string };

export function LogView({ environment, wanted, marked }: Props) {
  const [feed] = useState(() => new Feed());
  const [paused, setPaused] = useState(false);
  const shown = useStore(feed.shown);
  // The environment is read again from time to time; its log is the same one.
  const [first] = useState({ environment, wanted });
  const [again, setAgain] = useState(0);
  useEffect(() => feed.start(first.environment, first.wanted), [feed, first, again]);
  const pause = (wish: boolean) => {
    feed.pause(wish);
    setPaused(wish);
  };
  const linkTo = useLinkTo();
  const live = !wanted.until && shown.state !== "over";
  return (
    <>
      {shown.error && <ErrorNotice error={shown.error} retry={() => { setAgain(again + 1); }} />}
      {shown.end && <Notice tone="warn">{t.ended(shown.end)}</Notice>}
      <section aria-label={t.title} className="panel relative overflow-hidden">
        <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5">
          <State shown={shown} live={live} paused={paused} />
          <span className="text-sm text-soft tabular-nums">{t.lines(shown.lines.length)}</span>
          <span className="flex-1 text-sm text-soft max-sm:basis-full max-sm:order-last">{t.zone(zoneName())}</span>
          <span className="flex gap-1 max-sm:ml-auto">
            {live && (
              <Button size="small" onClick={() => { pause(!paused); }}>
                {paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />} {paused ? t.resume : t.pause}
              </Button>
            )}
            <Downloads environment={environment} wanted={wanted} lines={shown.lines} />
          </span>
        </div>
        {shown.cut && <p className="border-b border-line px-3 py-1.5 text-sm text-soft">{t.cut(MOST_LINES)}</p>}
        <Lines shown={shown} live={live} paused={paused} marked={marked} linkTo={linkTo} onLeaveEnd={() => { pause(true); }} />
        {live && paused && shown.lines.length > 0 && (
          <Button size="small" look="first" className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-high" onClick={() => { pause(false); }}>
            <ArrowDown size={14} aria-hidden /> {t.newest(shown.waiting)}
          </Button>
        )}
      </section>
    </>
  );
}

type LinesProps = { shown: Shown; live: boolean; paused: boolean; marked: string; linkTo: (exact: string) => string; onLeaveEnd: () => void };

function Lines({ shown, live, paused, marked, linkTo, onLeaveEnd }: LinesProps) {
  if (shown.state === "loading" && !shown.lines.length) return <div className="h-80 p-4"><SkeletonLines lines={8} /></div>;
  if (!shown.lines.length)
    return (
      <div className="grid h-80 place-content-center justify-items-center gap-2 p-6 text-center text-soft">
        <ScrollText size={20} aria-hidden />
        <p className="max-w-sm text-pretty">{live ? t.empty.live : t.empty.filtered}</p>
      </div>
    );
  return <LogList lines={shown.lines} following={live && !paused} marked={marked} linkTo={linkTo} onLeaveEnd={onLeaveEnd} />;
}

function State({ shown, live, paused }: { shown: Shown; live: boolean; paused: boolean }) {
  if (shown.state === "over") return <Status tone="plain">{t.over}</Status>;
  if (!live) return null;
  const [tone, word]: [Tone, string] = shown.state === "away" ? ["warn", t.away] : paused ? ["plain", t.paused] : ["good", t.live];
  return <Status tone={tone} moving={!paused}>{word}</Status>;
}

function Downloads({ environment, wanted, lines }: { environment: Environment; wanted: Wanted; lines: Line[] }) {
  const name = `${environment.name}-logs`;
  const asText = () => {
    const text = lines.map((line) => `${line.exact} ${line.level.padEnd(5)} ${line.source} ${line.message}\n`).join("");
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: `${name}.log` });
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <Menu label={t.download} align="end" buttonClass={buttonLook("bare", "squareSmall")} button={<Download size={15} aria-hidden />}>
      <a href={downloadAddress(environment, wanted)} download={`${name}.ndjson`} className={menuItem}>{t.asJson}</a>
      <button type="button" className={menuItem} onClick={asText}>{t.asText}</button>
    </Menu>
  );
}

/** Addresses of this page that name one line. */
function useLinkTo(): (exact: string) => string {
  const router = useRouter();
  const { pathname } = useLocation();
  return (exact) => router.buildLocation({ to: pathname, search: { at: exact } as never }).href;
}
