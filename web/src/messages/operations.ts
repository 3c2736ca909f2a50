const STEPS: Record<string, string> = {
  reserve: "Reserve a place",
  start_engine: "Start the engine",
  verify_ready: "See that it answers",
  close_edge: "Close its addresses",
  open_edge: "Open its addresses",
  stop_engine: "Stop the engine",
  change_version: "Choose the version",
  restart_engine: "Restart the engine",
  keep_data: "Keep the data",
  keep_stopped: "Keep the engine stopped",
  destroy_data: "Destroy the data",
  edge: "Tell the edge",
  change_key: "Change the key",
};
const KINDS: Record<string, string> = {
  "environment.create": "Create the environment",
  "environment.delete": "Delete the environment",
  "environment.restore": "Restore the environment",
  "environment.restore_paused": "Restore the environment, paused",
  "environment.pause": "Pause the environment",
  "environment.wake": "Wake the environment",
  "environment.upgrade": "Upgrade the engine",
  "environment.undo_upgrade": "Go back to the engine version before",
  "environment.purge": "Destroy the environment's data",
  "environment.limit": "Change the limits",
  "identity_key.switch": "Switch the identity key",
  "identity_key.rollback": "Roll the identity key back",
};

/** A name we have no words for, as words: `start_engine` → `Start engine`. */
function spelled(name: string): string {
  const words = name.replaceAll(/[._]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const operations = {
  running: "under way",
  done: "done",
  failed: "failed",
  step: (name: string) => STEPS[name] ?? spelled(name),
  kind: (name: string) => KINDS[name] ?? spelled(name),
  succeeded: "Done.",
};
