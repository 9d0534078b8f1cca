// What TensorFlow.js itself makes of three drawn patterns with the model: the numbers in `tests/it/main.rs`.
//
// node reference.mjs NSFWJS, where NSFWJS is the unpacked npm package, in a folder in which @tensorflow/tfjs is installed.

import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const require = createRequire(join(process.cwd(), "here.js"));
const tf = require("@tensorflow/tfjs");
const folder = join(resolve(process.argv[2]), "dist/models/mobilenet_v2");
const { modelTopology, weightsManifest } = require(join(folder, "model.min.js"));
const weights = Buffer.from(require(join(folder, "group1-shard1of1.min.js")), "base64");
const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length);
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));

const SIDE = 224;
const patterns = [
    (x, y, c) => (x * 7 + y * 13 + c * 31) & 255,
    (x, y, c) => ((x >> 4) + (y >> 4) + c) % 2 * 255,
    (x, y, c) => (x * y >> (5 + c)) & 255,
];
for (const pattern of patterns) {
    const points = Float32Array.from({ length: SIDE * SIDE * 3 }, (_, at) => pattern(Math.floor(at / 3) % SIDE, Math.floor(at / 3 / SIDE), at % 3) / 255);
    const scores = await model.predict(tf.tensor4d(points, [1, SIDE, SIDE, 3])).data();
    console.log([...scores].map((score) => score.toFixed(6)).join(", "));
}
