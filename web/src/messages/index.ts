/** Every word people read in the console, one file for each noun. */
export { accounts } from "./accounts";
export { common } from "./common";
export { environments } from "./environments";
export { operations } from "./operations";
export { shell } from "./shell";
