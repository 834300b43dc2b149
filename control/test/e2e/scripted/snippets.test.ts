import { snippets } from "../../consumers/snippets.ts";

snippets(["python", "js"]);
