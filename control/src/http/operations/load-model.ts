/** POST /v1/models/load: brings a model into memory, and answers when it can work. */
import { z } from "zod";
import { HumError } from "../../core/errors.ts";
import type { Operation } from "../deps.ts";
import { readJson } from "../json-body.ts";

const schema = z.object({
  /** Name or alias; the default model where it is missing. */
  model: z.string().min(1).optional(),
  device: z.enum(["auto", "cpu", "cuda"]).optional(),
  compute_type: z.string().min(1).optional(),
  download_root: z.string().nullish(),
});

export const loadModel: Operation = {
  method: "POST",
  path: "/v1/models/load",
  route: "/v1/models/load",
  open: false,
  async handle(c, deps) {
    const asked = await readJson(c, { deps, schema });
    const { device, compute_type, download_root } = asked;
    if (download_root != null && download_root !== deps.config.model_dir) {
      const message = "download_root is another directory than this server's; leave it out, or set HUM_MODEL_DIR there";
      throw new HumError("bad_request", message, { param: "download_root" });
    }
    const model = deps.catalogue.resolve(asked.model);
    const placement = {
      ...(device === undefined ? {} : { device }),
      ...(compute_type === undefined ? {} : { compute_type }),
    };
    const action = await deps.models.load(model, Object.keys(placement).length === 0 ? undefined : placement);
    return c.json({ model: model.name, action });
  },
};
