// The main path in Firefox ESR, driven by WebDriver BiDi: sign-up, a friend by link, words both ways, a photo, a reload, a browser that lacks something.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import puppeteer from "puppeteer-core";
import { draw } from "./drawn.mjs";
import { PATIENCE_MS, attach, openChat, person, pressed, say, sees, signUp } from "./people.mjs";
import { world } from "./world.mjs";

const WAIT = { timeout: PATIENCE_MS };

/** What a person does, in Firefox. */
class Firefox {
    constructor(page) {
        this.page = page;
    }

    button(name) {
        return this.page.locator(`::-p-aria([name="${name}"][role="button"])`).setTimeout(WAIT.timeout);
    }

    async signUp(name) {
        await this.page.waitForSelector("#name", WAIT);
        await this.page.type("#name", name);
        await this.button("Create account").click();
        await this.page.waitForSelector("nav.list", WAIT);
    }

    async says(text) {
        await this.page.waitForSelector(".composer textarea", WAIT);
        await this.page.type(".composer textarea", text);
        await this.page.keyboard.press("Enter");
    }

    /** Waits until a sentence of ours is on the page. */
    async reads(sentence) {
        await this.page.waitForFunction((sentence) => document.body.innerText.includes(sentence), WAIT, sentence);
    }

    async sees(text) {
        await this.page.waitForFunction((text) => [...document.querySelectorAll("article.said")].some((said) => said.innerText.includes(text)), WAIT, text);
    }
}

test("in Firefox ESR one signs up, adds a friend by link, chats, sends and gets a photo, is back after a reload, and is told what the browser lacks", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const pictures = await draw(browser, folder);
        const bob = await person(browser, url, "Bob", { wrong });
        await signUp(bob);
        const profile = await mkdtemp(join(tmpdir(), "treehouse-firefox-"));
        const firefox = await puppeteer.launch({
            browser: "firefox",
            executablePath: "/usr/bin/firefox-esr",
            headless: true,
            userDataDir: profile,
            // The tests may run as root, whose home belongs to somebody else.
            env: { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
        });
        try {
            const page = await firefox.newPage();
            await page.setViewport({ width: 1280, height: 800 });
            page.on("console", (message) => ["error", "warn"].includes(message.type()) && wrong.push(`Firefox: ${message.text()}`));
            page.on("pageerror", (error) => wrong.push(`Firefox: ${error}`));
            const alice = new Firefox(page);
            await page.goto(url);
            await alice.signUp("Alice");

            await bob.page.getByRole("button", { name: "Add a friend" }).first().click();
            await bob.page.getByRole("button", { name: "Make a link" }).click();
            const live = bob.page.locator('.own-link[data-live="true"] .link-url').first();
            await live.waitFor();
            await page.goto(await live.getAttribute("data-link"));
            await alice.button("Ask to be contacts").click();
            await bob.page.getByRole("button", { name: "Accept" }).first().click(WAIT);
            await page.waitForSelector("a.chat-line", WAIT);
            await pressed(() => page.click("a.chat-line"), (timeout) => page.waitForSelector(".composer textarea", { timeout }));
            await alice.says("hello from a fox");
            await openChat(bob);
            await sees(bob, "hello from a fox");
            await say(bob, "hello fox");
            await alice.sees("hello fox");

            await attach(bob, "photo", pictures.boat);
            const shown = (count) => page.waitForFunction((count) => {
                const images = [...document.querySelectorAll("img.photo-picture")];
                return images.length === count && images.every((image) => image.complete && image.naturalWidth === 1600);
            }, WAIT, count);
            await shown(1);
            await (await page.$("#attach-photo")).uploadFile(pictures.hills);
            await page.waitForSelector(".tray-item", WAIT);
            await alice.button("Send").click();
            await bob.page.locator("img.photo-picture").nth(1).waitFor(WAIT);
            await shown(2);

            await page.reload();
            await alice.sees("hello fox");
            await shown(2);
            await alice.says("still here");
            await sees(bob, "still here");
            const texts = await page.$$eval("article.said .text", (all) => all.map((text) => text.innerText.trim()));
            assert.deepEqual(texts, ["hello from a fox", "hello fox", "still here"]);

            // One that lacks something says so in a sentence each, and the rest works.
            await page.evaluateOnNewDocument(() => {
                delete window.PushManager;
                delete Navigator.prototype.mediaDevices;
                delete window.StorageManager?.prototype.persist;
                delete window.StorageManager?.prototype.persisted;
            });
            await page.reload();
            await alice.says("without it");
            await sees(bob, "without it");
            await alice.button("Record a voice message").click();
            await alice.reads("The microphone cannot be used.");
            await alice.reads("This browser may delete your messages when space runs low.");
            await page.goto(`${url}/#/settings`);
            await alice.reads("This browser cannot show notifications of a closed page here.");
        } finally {
            await firefox.close();
            await rm(profile, { recursive: true, force: true });
        }
    }));
