// A server on a free port and a Chromium without a window, each test's own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { allFine } from "./fine.mjs";
import { PATIENCE_MS, listen } from "./people.mjs";

export const PROGRAM = process.env.TREEHOUSE_PROGRAM ?? new URL("../../../target/debug/treehouse", import.meta.url).pathname;
const FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // By what a browser takes its line for it decides how near the screen a picture is fetched: a busy machine would look like a slow line.
    "--force-effective-connection-type=4G",
];

// A microphone and a camera that are not there: a tone, a picture.
export const DEVICES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** The longest that a test may take. */
const LONGEST_MS = 480_000;

/** A browser without a window. */
const HOW = { headless: true, args: FLAGS };
// The shell is Chromium's engine without its surroundings, and starts in half the time. What is of the surroundings, such as notifications, has only the whole.
const SHELL = "/usr/bin/chromium-headless-shell";
const WHOLE = "/usr/bin/chromium";

/**
 * Browsers whose contexts are profiles on the disk, as people have them: in a private window, which is what a context is otherwise, each access to
 * a file of the page is a message to another process, and ten messages of a chat cost five times as much.
 */
export function launch(...more) {
    return profiles(SHELL, more);
}

async function profiles(executablePath, more) {
    const folder = await mkdtemp(join(tmpdir(), "treehouse-profiles-"));
    const open = new Set();
    let made = 0;
    async function newContext(options = {}) {
        made += 1;
        const context = await chromium.launchPersistentContext(join(folder, String(made)), { ...HOW, executablePath, args: [...FLAGS, ...more], ...options });
        context.setDefaultTimeout(PATIENCE_MS);
        open.add(context);
        context.on("close", () => open.delete(context));
        return context;
    }
    return {
        newContext,
        newPage: async (options) => (await newContext(options)).newPage(),
        contexts: () => [...open],
        close: async () => {
            await Promise.all([...open].map((context) => context.close()));
            await rm(folder, { recursive: true, force: true, maxRetries: 5 });
        },
    };
}

function serve(folder, address, more) {
    return spawn(PROGRAM, ["serve", "--data", join(folder, "server"), "--listen", address, ...more], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, TREEHOUSE_LOG: "warn" },
    });
}

/**
 * Runs `test` in a world of its own, and fails if a page said anything was wrong, its policy had to refuse something, or it is not for everybody as it was left.
 * `more`: what the server is started with besides; `people`: whom its operator names under Help; `whole`: with all of Chromium.
 */
export async function world(test, { more = [], people, whole = false } = {}) {
    const folder = await mkdtemp(join(tmpdir(), "treehouse-page-"));
    if (people) {
        await writeFile(join(folder, "people.txt"), people);
        more = [...more, "--people", join(folder, "people.txt")];
    }
    const reports = await refusals();
    more = [...more, "--policy-reports", reports.url];
    let server = serve(folder, "127.0.0.1:0", more);
    // The server ends without a farewell.
    const stop = async () => {
        const ended = once(server, "exit");
        server.kill("SIGKILL");
        await ended;
    };
    let browser;
    const wrong = [];
    try {
        const url = await ready(server);
        // On the same port with the same data.
        const start = async () => {
            server = serve(folder, new URL(url).host, more);
            await ready(server);
        };
        browser = await profiles(whole ? WHOLE : SHELL, DEVICES);
        const running = async () => {
            await test({ url, wrong, browser, folder, server: { stop, start }, refused: reports.refused });
            await allFine(browser);
        };
        await inTime(running());
        if (wrong.length > 0) {
            throw new Error(`the page said: ${wrong.join("; ")}`);
        }
        if (reports.refused.length > 0) {
            throw new Error(`the page's policy refused: ${reports.refused.join("; ")}`);
        }
    } catch (error) {
        // Often the reason why nothing came.
        wrong.forEach((line) => console.error(line));
        await screens(browser);
        throw error;
    } finally {
        await browser?.close();
        server.kill();
        reports.server.close();
        await rm(folder, { recursive: true, force: true });
    }
}

/** What stood on all screens when a test failed. */
async function screens(browser) {
    for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? []) {
        const words = await page.locator("body").innerText({ timeout: 5000 }).catch((error) => String(error));
        console.error(`On the screen at ${page.url()}: ${words.replaceAll(/\s+/g, " ").slice(0, 1500)}`);
    }
}

/** What hangs fails, and what it began is ended by whoever began it: the runner's own limits are those of whole files, and leave it behind. */
async function inTime(running) {
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`it took more than ${LONGEST_MS / 1000} s`)), LONGEST_MS)));
    try {
        await Promise.race([running, late]);
    } finally {
        clearTimeout(timer);
    }
}

/** A profile of nobody yet, in which nothing that is asked for may fail. */
export async function fresh({ browser, wrong }) {
    const context = await browser.newContext();
    listen(context, "the page", wrong);
    context.on("page", (page) => {
        // A page that is left does not wait for what it asked for.
        page.on("requestfailed", (request) => {
            const why = request.failure()?.errorText;
            if (why !== "net::ERR_ABORTED") {
                wrong.push(`${request.url()}: ${why}`);
            }
        });
    });
    return context;
}

/** Where browsers tell what the page's policy refused. */
async function refusals() {
    const refused = [];
    const server = createServer(async (request, response) => {
        let text = "";
        for await (const piece of request) {
            text += piece;
        }
        refused.push(text);
        response.writeHead(204).end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return { refused, server, url: `http://127.0.0.1:${server.address().port}/` };
}

async function ready(server) {
    for await (const line of createInterface({ input: server.stdout })) {
        const url = /ready at (\S+)/.exec(line)?.[1];
        if (url) {
            return url;
        }
    }
    throw new Error("the server ended before it was ready");
}

/** Waits until the core answers: there is nobody yet, or somebody's chats. */
export async function opened(page) {
    const nobody = page.getByRole("button", { name: "Create account" });
    const somebody = page.getByRole("navigation", { name: "Chats" });
    await nobody.or(somebody).first().waitFor();
    return (await nobody.isVisible()) ? "nobody" : "somebody";
}

/** What lies in the browser's private files, read when no worker holds them: name in the store, then its first 16 bytes in hex. */
export async function files(page, url) {
    // Of the same origin, and without a core. Chromium asks for an icon by itself where no page names one.
    await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
    await page.goto(`${url}/healthz`);
    return page.evaluate(async () => {
        // Each file begins with its name in the store; what SQLite wrote begins at 4096.
        const found = {};
        async function look(folder) {
            for await (const entry of folder.values()) {
                if (entry.kind === "directory") {
                    await look(entry);
                    continue;
                }
                const bytes = new Uint8Array(await (await entry.getFile()).arrayBuffer());
                const name = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
                if (name) {
                    found[name] = Array.from(bytes.subarray(4096, 4112), (byte) => byte.toString(16).padStart(2, "0")).join("");
                }
            }
        }
        await look(await navigator.storage.getDirectory());
        return found;
    });
}
