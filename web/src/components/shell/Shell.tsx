import { Menu as MenuIcon, Search } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { Link, useRouterState } from "@tanstack/react-router";
import { Button } from "@/components/ui/Button";
import { shell } from "@/messages";
import { Boundary } from "./Broken";
import { openCommands } from "./CommandMenu";
import { Mark } from "./Mark";
import { PersonMenu } from "./PersonMenu";

const KEYS = /Mac OS|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K";
type Props = { email: string; navigation: ReactNode; crumbs: ReactNode; children: ReactNode };

/** Navigation at the left (a drawer on a phone), where one is and the way elsewhere on top, the page below. */
export function Shell({ email, navigation, crumbs, children }: Props) {
  const place = useRouterState({ select: (state) => state.location.pathname });
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)]">
      <a href="#main" className="absolute top-3 left-3 z-50 -translate-y-20 rounded-lg bg-card px-3.5 py-2 focus:translate-y-0">
        {shell.skip}
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col overflow-y-auto border-r border-line bg-card lg:flex">
        <Navigation>{navigation}</Navigation>
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line bg-card px-3 sm:px-6">
          <Drawer place={place}>{navigation}</Drawer>
          <nav aria-label={shell.breadcrumbs} className="min-w-0 flex-1 overflow-x-clip">
            {crumbs}
          </nav>
          <Button size="small" className="text-soft max-sm:size-9 max-sm:border-transparent max-sm:bg-transparent max-sm:px-0 max-sm:shadow-none" onClick={openCommands} aria-keyshortcuts="Control+K Meta+K">
            <Search size={15} aria-hidden />
            <span className="max-sm:sr-only">{shell.commands.open}</span>
            <kbd className="font-sans text-xs whitespace-nowrap max-sm:hidden">{KEYS}</kbd>
          </Button>
          <PersonMenu email={email} />
        </header>
        <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-6 focus-visible:shadow-none sm:px-8 sm:py-8">
          <Boundary place={place}>{children}</Boundary>
        </main>
      </div>
    </div>
  );
}

function Navigation({ children }: { children: ReactNode }) {
  return (
    <>
      <Link to="/" className="flex h-14 shrink-0 items-center gap-2.5 px-5 font-semibold tracking-tight">
        <Mark /> {shell.brand}
      </Link>
      <div className="grid gap-4 px-3 pb-6">{children}</div>
    </>
  );
}

function Drawer({ place, children }: { place: string; children: ReactNode }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => { box.current?.close(); }, [place]);
  return (
    <>
      <Button look="bare" size="square" className="lg:hidden" aria-label={shell.openNavigation} onClick={() => box.current?.showModal()}>
        <MenuIcon size={18} />
      </Button>
      <dialog
        ref={box}
        aria-label={shell.mainNavigation}
        onClick={(event) => { if (event.target === box.current) box.current.close(); }}
        className="m-0 h-dvh max-h-none w-72 max-w-[85vw] border-r border-line bg-card lg:hidden"
      >
        <Navigation>{children}</Navigation>
      </dialog>
    </>
  );
}
