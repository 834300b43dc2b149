import { snippets } from "../../consumers/snippets.ts";

snippets(["bash"]);
