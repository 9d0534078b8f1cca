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

/**
 * Which of `words` stand anywhere in what the origin keeps: private files, records of databases, caches with their addresses, both storages of
 * this page. `secrets`: bytes in hex that are looked for as they are, in hex and in base64. Gives how many bytes of files and
 * caches were searched as well, and the first bytes of the store.
 */
export function search(page, words, secrets = []) {
    return page.evaluate(async ({ words, secrets }) => {
        const found = new Set();
        let [bytes, files, salt] = [0, 0, ""];
        // One letter a byte: what stands there as UTF-8 is found, and as UTF-16 with the zeros taken out.
        const text = (buffer) => new TextDecoder("latin1").decode(buffer);
        const wanted = words.map((word) => [word, [text(new TextEncoder().encode(word))]]);
        for (const secret of secrets) {
            const raw = Uint8Array.from(secret.match(/../g), (pair) => parseInt(pair, 16));
            const letters = String.fromCharCode(...raw);
            wanted.push([secret, [text(raw), secret, secret.toUpperCase(), btoa(letters).replace(/=+$/, ""), btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")]]);
        }
        const look = (whole) => {
            const thin = whole.replaceAll("\0", "");
            for (const [name, forms] of wanted) if (forms.some((form) => whole.includes(form) || thin.includes(form))) found.add(name);
        };
        const lookAt = (words) => look(text(new TextEncoder().encode(words)));
        async function walk(folder) {
            for await (const entry of folder.values()) {
                lookAt(entry.name);
                if (entry.kind === "directory") {
                    await walk(entry);
                    continue;
                }
                const buffer = await (await entry.getFile()).arrayBuffer();
                files += 1;
                bytes += buffer.byteLength;
                const whole = text(buffer);
                look(whole);
                // Its journal is called almost the same.
                if (whole.startsWith("/store.db\0")) salt = Array.from(new Uint8Array(buffer.slice(4096, 4112)), (byte) => byte.toString(16).padStart(2, "0")).join("");
            }
        }
        await walk(await navigator.storage.getDirectory());
        for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
                lookAt(`${name} ${request.url}`);
                const buffer = await (await cache.match(request)).arrayBuffer();
                look(text(buffer));
                // The program itself is nothing of a person's.
                if (!name.startsWith("treehouse-shell-")) bytes += buffer.byteLength;
            }
        }
        const records = (value) => {
            if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
                const { buffer, byteOffset = 0, byteLength } = value instanceof ArrayBuffer ? { buffer: value, byteLength: value.byteLength } : value;
                look(text(new Uint8Array(buffer, byteOffset, byteLength)));
            } else if (value instanceof CryptoKey) {
                lookAt(JSON.stringify(value.algorithm));
            } else if (value instanceof Map || value instanceof Set) {
                [...value].forEach(records);
            } else if (value && typeof value === "object") {
                Object.entries(value).forEach(([name, inner]) => (lookAt(name), records(inner)));
            } else {
                lookAt(String(value));
            }
        };
        for (const { name } of await indexedDB.databases()) {
            lookAt(name);
            const database = await new Promise((done, fail) => Object.assign(indexedDB.open(name), { onsuccess: ({ target }) => done(target.result), onerror: fail }));
            for (const store of database.objectStoreNames) {
                lookAt(store);
                const inside = database.transaction(store).objectStore(store);
                const all = (asked) => new Promise((done, fail) => Object.assign(asked, { onsuccess: () => done(asked.result), onerror: fail }));
                for (const value of [...await all(inside.getAllKeys()), ...await all(inside.getAll())]) records(value);
            }
            database.close();
        }
        records({ ...localStorage });
        records({ ...sessionStorage });
        return { found: [...found], bytes, files, salt };
    }, { words, secrets });
}

/**
 * The one record that databases hold, by its parts, and in hex what is sealed in it: whoever is in the page can have it opened, and nobody can take
 * the key away that opens it.
 */
export function keyring(page) {
    return page.evaluate(async () => {
        const asked = indexedDB.open("treehouse-keys");
        const database = await new Promise((done, fail) => Object.assign(asked, { onsuccess: () => done(asked.result), onerror: fail }));
        const all = (request) => new Promise((done, fail) => Object.assign(request, { onsuccess: () => done(request.result), onerror: fail }));
        const stores = [...database.objectStoreNames];
        const keys = database.transaction(stores).objectStore(stores[0]);
        const [names, [record]] = [await all(keys.getAllKeys()), await all(keys.getAll())];
        database.close();
        const { wrapping, nonce, sealed, locked } = record;
        const opened = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, wrapping, sealed));
        const exported = await Promise.all(["raw", "jwk"].map((how) => crypto.subtle.exportKey(how, wrapping).then(() => how, () => null)));
        const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        return { stores, names, parts: Object.keys(record).sort(), locked, exported: exported.filter(Boolean), key: hex(opened.subarray(0, 32)), salt: hex(opened.subarray(32)) };
    });
}

/** As if the browser's data had been cleared by hand. */
export async function clear(page, url) {
    await page.goto("about:blank");
    const session = await page.context().newCDPSession(page);
    await session.send("Storage.clearDataForOrigin", { origin: url, storageTypes: "all" });
    await session.detach();
}
