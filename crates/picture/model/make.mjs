// Makes `mobilenet_v2.model` out of the npm package nsfwjs, which is unpacked in the folder given: node make.mjs FOLDER
//
// Its weights stay as they are, a byte each. In front of them: the line `treehouse picture model 1`, a line a tensor (name, shape, and what a byte of 0
// and a step of 1 mean), and an empty line.

import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const require = createRequire(import.meta.url);
const folder = join(resolve(process.argv[2]), "dist/models/mobilenet_v2");
const { weightsManifest } = require(join(folder, "model.min.js"));
const bytes = Buffer.from(require(join(folder, "group1-shard1of1.min.js")), "base64");
const lines = ["treehouse picture model 1"];
let whole = 0;
for (const { name, shape, dtype, quantization } of weightsManifest.flatMap(({ weights }) => weights)) {
    if (dtype !== "float32" || quantization?.dtype !== "uint8") {
        throw new Error(`${name} is ${dtype}`);
    }
    whole += shape.reduce((product, side) => product * side, 1);
    lines.push(`${name} ${shape.join("x")} ${quantization.min} ${quantization.scale}`);
}
if (whole !== bytes.length) {
    throw new Error(`${whole} weights in ${bytes.length} bytes`);
}
writeFileSync(new URL("mobilenet_v2.model", import.meta.url), Buffer.concat([Buffer.from(`${lines.join("\n")}\n\n`), bytes]));
