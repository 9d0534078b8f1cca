// What lies in a browser: looked at from a page of the same origin that starts nothing.

/** A page of the origin without a core and past the service worker. */
export async function outside(context, url) {
    const page = await context.newPage();
    await page.goto(`${url}/bye`);
    return page;
}

/** Names of everything that the origin keeps. */
export function everything(page) {
    return page.evaluate(async () => {
        const files = [];
        async function look(folder, path) {
            for await (const entry of folder.values()) {
                files.push(`${path}/${entry.name}`);
                if (entry.kind === "directory") await look(entry, `${path}/${entry.name}`);
            }
        }
        await look(await navigator.storage.getDirectory(), "");
        return {
            files,
            databases: (await indexedDB.databases()).map((database) => database.name),
            caches: await caches.keys(),
            local: Object.keys(localStorage),
            session: Object.keys(sessionStorage),
            workers: (await navigator.serviceWorker.getRegistrations()).length,
            cookies: document.cookie,
        };
    });
}

/** Which of `words` stand anywhere in the private files or caches, how many bytes were searched, and the first bytes of the store. */
export function search(page, words) {
    return page.evaluate(async (words) => {
        const found = new Set();
        let [bytes, files, salt] = [0, 0, ""];
        // One letter a byte: what stands there as UTF-8 is found, and as UTF-16 with the zeros taken out.
        const text = (buffer) => new TextDecoder("latin1").decode(buffer);
        const utf8 = (word) => text(new TextEncoder().encode(word));
        const look = (buffer) => {
            bytes += buffer.byteLength;
            const whole = text(buffer);
            const thin = whole.replaceAll("\0", "");
            for (const word of words) if (whole.includes(utf8(word)) || thin.includes(utf8(word))) found.add(word);
        };
        async function walk(folder) {
            for await (const entry of folder.values()) {
                if (entry.kind === "directory") {
                    await walk(entry);
                    continue;
                }
                const buffer = await (await entry.getFile()).arrayBuffer();
                files += 1;
                look(buffer);
                const name = text(buffer.slice(0, 9));
                if (name === "/store.db") salt = Array.from(new Uint8Array(buffer.slice(4096, 4112)), (byte) => byte.toString(16).padStart(2, "0")).join("");
            }
        }
        await walk(await navigator.storage.getDirectory());
        for (const name of (await caches.keys()).filter((name) => !name.startsWith("treehouse-shell-"))) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) look(await (await cache.match(request)).arrayBuffer());
        }
        look(new TextEncoder().encode(JSON.stringify({ ...localStorage })).buffer);
        return { found: [...found], bytes, files, salt };
    }, words);
}

/** As if the browser's data had been cleared by hand. */
export async function clear(page, url) {
    await page.goto("about:blank");
    const session = await page.context().newCDPSession(page);
    await session.send("Storage.clearDataForOrigin", { origin: url, storageTypes: "all" });
    await session.detach();
}
