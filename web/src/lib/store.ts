import { useSyncExternalStore } from "react";

/** A value outside the tree, for the few things every part of the page shares (toasts, commands). */
export class Store<Value> {
  #value: Value;
  #listeners = new Set<() => void>();

  constructor(first: Value) {
    this.#value = first;
  }

  get = (): Value => this.#value;

  set = (value: Value): void => {
    this.#value = value;
    this.#listeners.forEach((listener) => {
      listener();
    });
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}
