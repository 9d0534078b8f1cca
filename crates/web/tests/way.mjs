// A way to the server on which everything that leaves a browser is heard.

import { EventEmitter, once } from "node:events";
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

/** A way on which everything arrives at the server, and what the server says can be held back: whether something was done is not known then. */
export async function held(url) {
    const { hostname, port } = new URL(url);
    let back = null;
    let until = null;
    const way = createServer((from) => {
        const to = connect(Number(port), hostname);
        // Before it is passed on: the answer to what was waited for is held back as well.
        from.on("data", (bytes) => until?.test(bytes.toString("latin1")) && ((back ??= []), (until = null)));
        from.on("error", () => to.destroy()).pipe(to);
        to.on("data", (bytes) => (back ? back.push([from, bytes]) : from.write(bytes)));
        for (const over of ["error", "end"]) to.on(over, () => from.destroy());
        from.on("close", () => to.destroy());
    });
    await once(way.listen(0, "127.0.0.1").unref(), "listening");
    return {
        url: `http://127.0.0.1:${way.address().port}`,
        hold: () => (back = []),
        /** Holds from the moment on in which something like that leaves a browser. */
        holdAt: (pattern) => (until = pattern),
        letGo: () => {
            const waiting = back;
            back = null;
            waiting.filter(([from]) => from.writable).forEach(([from, bytes]) => from.write(bytes));
        },
    };
}

/** A way on which the bytes of files come only once they are let go; `asked` says which were asked for, each time. */
export async function slow(url) {
    const { hostname, port } = new URL(url);
    const asked = [];
    const more = new EventEmitter();
    let back = [];
    const way = createServer((from) => {
        const to = connect(Number(port), hostname);
        let brings = false;
        from.on("data", (bytes) => {
            const wanted = [...bytes.toString("latin1").matchAll(/^GET \/v1\/blobs\/\S+ HTTP[^]*?^range: (\S+)/gim)].map((line) => line[1]);
            if (wanted.length === 0) return;
            brings = true;
            asked.push(...wanted);
            more.emit("asked");
        });
        from.on("error", () => to.destroy()).pipe(to);
        to.on("data", (bytes) => (brings && back ? back.push([from, bytes]) : from.write(bytes)));
        for (const over of ["error", "end"]) to.on(over, () => from.destroy());
        from.on("close", () => to.destroy());
    });
    await once(way.listen(0, "127.0.0.1").unref(), "listening");
    return {
        asked,
        url: `http://127.0.0.1:${way.address().port}`,
        /** Waits until so many were asked for. */
        asks: async (count) => {
            while (asked.length < count) await once(more, "asked");
        },
        letGo: () => {
            const waiting = back;
            back = null;
            waiting.filter(([from]) => from.writable).forEach(([from, bytes]) => from.write(bytes));
        },
    };
}
