// What hostile people send is data on the other side's screen, or it is refused. The sender is the command line, which sends what it is told.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import { accept, attach, befriend, composer, makeLink, openChat, person, say, sees, signUp } from "./people.mjs";
import { PROGRAM, world } from "./world.mjs";

const run = promisify(execFile);
const TURNED = "\u202e";
const MARKUP = `<img src=x onerror="window.owned=1"><script>window.owned=2</script><svg onload=window.owned=3><iframe srcdoc=x>`;

/** Somebody at a command line who calls herself whatever she likes. */
async function commandLine(folder, url, name) {
    const home = join(folder, "mallory");
    const does = async (...words) => (await run(PROGRAM, words, { env: { ...process.env, TREEHOUSE_HOME: home } })).stdout;
    await does("signup", "mallory", "--server", url, "--name", name);
    return does;
}

/** Alice in a browser, and Mallory who may write to her. */
async function met({ url, browser, wrong, folder }, name) {
    const alice = await person(browser, url, "Alice", { wrong });
    await signUp(alice);
    const mallory = await commandLine(folder, url, name);
    await mallory("add", await makeLink(alice, "Mallory"));
    await accept(alice);
    await alice.page.locator("a.chat-line").first().waitFor({ state: "attached" });
    const him = JSON.parse((await until(() => mallory("sync").then(() => mallory("chats", "--json")), (text) => text.trim())).split("\n")[0]);
    return { alice, mallory, chat: String(him.id) };
}

async function until(look, holds) {
    for (let count = 0; ; count++) {
        const seen = await look();
        if (holds(seen)) {
            return seen;
        }
        assert.ok(count < 200, "it does not come");
        await new Promise((done) => setTimeout(done, 100));
    }
}

/** Nothing of what others wrote has become part of the page. */
async function assertOnlyText(page) {
    const found = await page.evaluate(() => ({
        owned: window.owned,
        made: document.querySelectorAll("script:not([src^='/assets/']), iframe, object, embed, img[src='x'], style, base, meta[http-equiv]").length,
        handlers: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith("on"))).length,
        links: [...document.querySelectorAll(".said a")].map((link) => link.protocol).filter((protocol) => !/^https?:$/.test(protocol)),
    }));
    assert.deepEqual(found, { owned: undefined, made: 0, handlers: 0, links: [] });
}

/** A PNG of one colour, without a pixel of which a decoder would not have to make four bytes. */
function png(width, height) {
    const chunk = (name, data) => {
        const body = Buffer.concat([Buffer.from(name), data]);
        const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
        length.writeUInt32BE(data.length);
        sum.writeUInt32BE(crc32(body));
        return Buffer.concat([length, body, sum]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([1, 0, 0, 0, 0], 8);
    const rows = Buffer.alloc((1 + Math.ceil(width / 8)) * height);
    return Buffer.concat([
        Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
        chunk("IHDR", header),
        chunk("IDAT", deflateSync(rows, { level: 1 })),
        chunk("IEND", Buffer.alloc(0)),
    ]);
}

test("words, names and links of a hostile sender are words", () =>
    world(async (world) => {
        const { alice, mallory, chat } = await met(world, `${MARKUP}${TURNED}ecilA`);
        await openChat(alice);
        const said = [
            MARKUP,
            `before ${TURNED}txet denrut`,
            "\u0000\u0007\u001b[31mcontrol\u001b[0m characters",
            "a\u0301".repeat(2000),
            "😀".repeat(15000),
            `${"*_~`[(".repeat(8000)} end of the marks`,
            "> > > deep\n- ```\n1. [a](",
            "&lt;b&gt; &#x3c;img&#x3e; &amp;",
        ];
        for (const [number, text] of said.entries()) {
            await mallory("send", chat, `number ${number}: ${text.replaceAll("\u0000", "")}`);
        }
        for (const number of said.keys()) {
            await sees(alice, `number ${number}:`);
        }
        const first = alice.page.locator("article.said", { hasText: "number 0:" }).locator(".text");
        assert.equal((await first.innerText()).trim(), `number 0: ${MARKUP}`);
        const emoji = await alice.page.locator("article.said", { hasText: "number 4:" }).locator(".text").innerText();
        assert.equal([...emoji.matchAll(/😀/gu)].length, 15000);
        // The page answers still, and nothing reaches beyond its side.
        const wide = await alice.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `the page is ${wide} px too wide`);

        const links = {
            "javascript:alert(1)": null,
            "[look](javascript:window.owned=4)": null,
            "[look](data:text/html,<script>window.owned=5</script>)": null,
            "[look](JaVaScRiPt:x) vbscript:x file:///etc/passwd": null,
            "[https://bank.example](https://evil.example/login)": ["https://evil.example/login", "https://evil.example/login"],
            "[bank](https://bank.example@evil.example/)": ["bank (evil.example)", "https://bank.example@evil.example/"],
            "https://bank.example@evil.example/x": ["https://bank.example@evil.example/x (evil.example)", "https://bank.example@evil.example/x"],
            // The first letter is Cyrillic.
            "https://\u0430pple.example/": ["https://\u0430pple.example/ (xn--pple-43d.example)", "https://xn--pple-43d.example/"],
            [`https://evil.example/${TURNED}moc.knab`]: ["https://evil.example/moc.knab", "https://evil.example/%E2%80%AEmoc.knab"],
            "https://evil.example\\@bank.example/": ["https://evil.example\\@bank.example/", "https://evil.example/@bank.example/"],
        };
        for (const [number, text] of Object.keys(links).entries()) {
            await mallory("send", chat, `link ${number}: ${text}`);
        }
        for (const [number, [text, shown]] of Object.entries(links).entries()) {
            const message = await sees(alice, `link ${number}:`);
            const found = await message.locator(".text a").evaluateAll((all) => all.map((link) => [link.textContent, link.href, link.rel]));
            assert.deepEqual(found, shown ? [[...shown, "noopener noreferrer"]] : [], text);
        }
        await assertOnlyText(alice.page);

        // More than a message holds is refused in a sentence; ten megabytes of emoji are a file.
        const before = await alice.page.locator("article.said").count();
        await say(alice, "😀".repeat(30_000));
        await alice.page.locator(".notice p").waitFor();
        assert.equal(await alice.page.locator("article.said").count(), before);
        await composer(alice).fill("");
        const long = join(world.folder, "emoji.txt");
        await writeFile(long, "😀".repeat(2.5e6));
        await attach(alice, "file", long);
        await sees(alice, "emoji.txt");
    }));

test("a name made of markup and turned letters is a name in every list", () =>
    world(async (world) => {
        const { alice, mallory, chat } = await met(world, `${MARKUP.slice(0, 60)}${TURNED}`);
        await mallory("send", chat, "hello");
        await mallory("group", "create", `<b onclick=x>${TURNED}puorg\u0007`, JSON.parse((await mallory("chats", "--json")).split("\n")[0]).name);
        await alice.page.getByRole("button", { name: "Join" }).first().click();
        await until(() => alice.page.locator("a.chat-line").count(), (count) => count === 2);
        await alice.page.locator("a.chat-line", { hasText: "onclick" }).click();
        await say(alice, "I am in");
        await sees(alice, "I am in");
        await assertOnlyText(alice.page);
        // What is turned in a name ends with the name.
        const names = await alice.page.locator(".chat-name").evaluateAll((all) => all.map((name) => getComputedStyle(name).unicodeBidi));
        assert.ok(names.length > 0 && names.every((value) => value === "isolate"), names.join(" "));
    }));

test("files that are markup, bombs or lies are shown as files that can be saved", () =>
    world(async (world) => {
        const { alice, mallory, chat } = await met(world, "Mallory");
        await openChat(alice);
        const file = async (name, bytes) => {
            const path = join(world.folder, name);
            await writeFile(path, bytes);
            return path;
        };
        const sends = (path, ...words) => mallory("send", chat, "--file", path, ...words);
        const row = (name) => alice.page.locator("article.said button.file", { hasText: name });
        const cases = {
            "drawing.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=6"><script>window.owned=7</script></svg>`,
            "page.html": `<!doctype html><script>window.owned=8</script>`,
            "photo.png": `<!doctype html><script>window.owned=9</script>`,
            [`${TURNED}gpj.exe <img src=x onerror=window.owned=10>`]: "MZ",
        };
        for (const [name, bytes] of Object.entries(cases)) {
            await sends(await file(name, bytes));
        }
        for (const [name, bytes] of Object.entries(cases).slice(0, 3)) {
            await row(name).waitFor();
            const [download] = await Promise.all([alice.page.waitForEvent("download"), row(name).click()]);
            assert.equal(download.suggestedFilename(), name);
            assert.equal(await readFile(await download.path(), "utf8"), bytes);
        }
        // Turned letters are gone from the name, and what it ends with is what it is.
        await row("gpj.exe _img src=x onerror=window.owned=10_").waitFor();

        // Whoever goes to a file's own address gets bytes, in a box where nothing runs.
        const message = await row("page.html").locator("xpath=ancestor::article").getAttribute("data-message");
        const answer = await alice.page.evaluate(async (path) => Object.fromEntries((await fetch(path)).headers), `/media/${message}/0`);
        assert.equal(answer["content-type"], "application/octet-stream");
        assert.equal(answer["x-content-type-options"], "nosniff");
        assert.equal(answer["content-security-policy"], "default-src 'none'; sandbox");

        // Bombs. The largest does not leave as a photo; its bytes alone do, and nobody decodes them.
        const bomb = await file("bomb.png", png(30000, 30000));
        await assert.rejects(sends(bomb));
        await sends(bomb, "--original");
        await row("bomb.png").waitFor();
        // This one is sent as a picture, four thousand million pixels large: the core looks before the browser does.
        await sends(await file("small.gif", Buffer.from("GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;", "latin1")));
        await row("small.gif").waitFor();
        await sends(await file("honest.png", png(64, 64)));
        const honest = alice.page.locator("img.photo-picture").last();
        await alice.page.waitForFunction((image) => image?.complete && image.naturalWidth === 64, await honest.elementHandle());
        assert.equal(await alice.page.locator("img.photo-picture").count(), 1);

        await assertOnlyText(alice.page);
        await say(alice, "still here");
        await sees(alice, "still here");
        // The browser says that a picture did not come, and that is right.
        assert.ok(world.wrong.splice(0).every((line) => /404/.test(line)));
    }));

test("a picture that is said to be of another kind than it is stays a file", () =>
    world(async (world) => {
        const alice = await person(world.browser, world.url, "Alice", { wrong: world.wrong });
        // Mallory's page lies about what she sends: it calls every PNG a GIF.
        const context = await world.browser.newContext({ serviceWorkers: "block" });
        let lies = 0;
        await context.route("**/assets/core-*.wasm", async (route) => {
            const response = await route.fetch();
            const module = await response.body();
            for (let at = module.indexOf("image/png"); at >= 0; at = module.indexOf("image/png", at + 1)) {
                module.write("image/gif", at, "latin1");
                lies += 1;
            }
            await route.fulfill({ status: 200, contentType: "application/wasm", body: module });
        });
        const mallory = { name: "Mallory", context, page: await context.newPage(), url: world.url };
        await mallory.page.goto(world.url);
        await signUp(alice);
        await signUp(mallory);
        assert.ok(lies > 0, "her core calls something else a PNG");
        await befriend(alice, mallory);
        await openChat(alice);
        await openChat(mallory);
        const path = join(world.folder, "picture.png");
        await writeFile(path, png(64, 64));
        await attach(mallory, "photo", path);
        await alice.page.locator("article.said button.file", { hasText: "picture" }).waitFor();
        assert.equal(await alice.page.locator("img.photo-picture").count(), 0);
        assert.ok(world.wrong.splice(0).every((line) => /404/.test(line)));
    }));
