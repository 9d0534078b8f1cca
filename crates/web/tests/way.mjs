// A way to the server on which everything that leaves a browser is heard.

import { EventEmitter, once } from "node:events";
import { createServer as createHttp, request as ask } from "node:http";
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

/**
 * A way on which the server lies. `lies.answer(path, answer)` gives another answer (status, headers, body) than the server's, `lies.frame(frame)` what
 * comes in the place of a frame of its connection (`first` byte, `payload`); where a lie is not there, all is as it is.
 */
export async function lying(url) {
    const { hostname, port } = new URL(url);
    const lies = {};
    const way = createHttp((request, response) => {
        const { method, url: path, headers } = request;
        const asked = ask({ hostname, port, method, path, headers }, async (answer) => {
            const honest = { status: answer.statusCode, headers: answer.headers };
            if (!lies.answer) {
                response.writeHead(honest.status, honest.headers);
                answer.pipe(response);
                return;
            }
            const parts = [];
            for await (const part of answer) parts.push(part);
            const { status, headers, body } = lies.answer(path, { ...honest, body: Buffer.concat(parts) });
            response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
        });
        asked.on("error", () => response.destroy());
        response.on("close", () => asked.destroy());
        request.pipe(asked);
    });
    way.on("upgrade", (request, from, head) => {
        const to = connect(Number(port), hostname);
        const lines = request.rawHeaders.map((part, at) => part + (at % 2 === 0 ? ": " : "\r\n")).join("");
        to.write(`GET ${request.url} HTTP/1.1\r\n${lines}\r\n`);
        to.write(head);
        from.pipe(to);
        let held = Buffer.alloc(0);
        let opened = false;
        to.on("data", (bytes) => {
            held = Buffer.concat([held, bytes]);
            if (!opened) {
                const end = held.indexOf("\r\n\r\n");
                if (end < 0) return;
                from.write(held.subarray(0, end + 4));
                held = held.subarray(end + 4);
                opened = true;
            }
            for (let frame; (frame = cut(held)); held = held.subarray(frame.length)) {
                for (const said of lies.frame?.(frame) ?? [frame]) from.write(framed(said));
            }
        });
        for (const [one, other] of [[from, to], [to, from]]) {
            for (const over of ["error", "end", "close"]) one.on(over, () => other.destroy());
        }
    });
    await once(way.listen(0, "127.0.0.1").unref(), "listening");
    return { lies, url: `http://127.0.0.1:${way.address().port}` };
}

/** The first whole frame that a server sent (RFC 6455, 5.2: without a mask). */
function cut(bytes) {
    if (bytes.length < 2) return null;
    const short = bytes[1] & 0x7f;
    const begins = { 126: 4, 127: 10 }[short] ?? 2;
    if (bytes.length < begins) return null;
    const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < begins + size) return null;
    return { first: bytes[0], payload: bytes.subarray(begins, begins + size), length: begins + size };
}

function framed({ first, payload }) {
    const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65536 ? 4 : 10);
    head[0] = first;
    head[1] = { 2: payload.length, 4: 126, 10: 127 }[head.length];
    if (head.length === 4) head.writeUInt16BE(payload.length, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
    return Buffer.concat([head, payload]);
}
