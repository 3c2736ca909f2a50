/** The button of a menu that says where one is and leads elsewhere. */
export const switcher = "flex h-9 w-full min-w-0 items-center gap-2 rounded-lg border border-line px-2.5 hover:bg-over";
