// A way to the server on which everything that leaves a browser is heard.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Lengths of all that left, and what was asked for by address, in their order. */
export async function heard(url) {
    const left = [];
    const asked = [];
    const { hostname, port } = new URL(url);
    const way = createServer((from) => {
        const to = connect(Number(port), hostname);
        from.on("data", (bytes) => {
            left.push(bytes.length);
            asked.push(...[...bytes.toString("latin1").matchAll(/^GET (\S+) HTTP/gm)].map((line) => line[1]));
        });
        for (const [one, other] of [[from, to], [to, from]]) one.on("error", () => other.destroy()).pipe(other);
    });
    // Who fails before it is closed is not kept waiting by it.
    await once(way.listen(0, "127.0.0.1").unref(), "listening");
    return { left, asked, way, url: `http://127.0.0.1:${way.address().port}` };
}
