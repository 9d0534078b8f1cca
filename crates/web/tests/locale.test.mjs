// Every main screen in a language that is two fifths longer and in one that runs from right to left, on a small and a large screen; at 200 % and
// in colours that the device chose.

import assert from "node:assert/strict";
import test from "node:test";
import { draw } from "./drawn.mjs";
import { fine, fits } from "./fine.mjs";
import { befriend, composer, openChat, person, say, signUp, uncover } from "./people.mjs";
import { world } from "./world.mjs";

const SMALL = { width: 320, height: 640 };
const LARGE = { width: 1440, height: 900 };

/** The same screen at both sizes. */
async function look(page, where, { axe = true } = {}) {
    for (const size of [SMALL, LARGE]) {
        await page.setViewportSize(size);
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        await fits(page, `${where} at ${size.width}`);
    }
    if (axe) {
        await fine(page, where);
    }
}

/** Walks through the main screens by what they are made of, for their words are in another language. */
async function everywhere(page, url, lang, seen) {
    const at = (hash) => `${url}/?lang=${lang}${hash}`;
    await page.goto(at("#/"));
    await page.locator("a.chat-line").first().waitFor();
    await seen("the list");
    const chat = await page.locator("a.chat-line").first().getAttribute("href");
    await page.locator(".search-field input").fill("hello");
    await page.locator(".results .line-button").first().waitFor();
    await seen("what was found");
    for (const [where, hash, ready] of [
        ["adding a friend", "#/friends", ".own-link"],
        ["a new group", "#/group", "[data-person]"],
        ["settings", "#/settings", "#zoom"],
        ["the details of a chat", `${chat}/details`, ".menu-lines"],
        ["a chat", chat, "img.photo-picture"],
    ]) {
        await page.goto(at(hash));
        await page.reload();
        await page.locator(ready).first().waitFor();
        await seen(where);
    }
    await page.locator(".chat-head > .icon-button").nth(-2).click();
    await page.locator("dialog[open] .who").waitFor();
    await seen("who can see this");
    await page.keyboard.press("Escape");
    await page.locator("article.said").last().focus();
    await page.keyboard.press("Enter");
    await page.locator("dialog[open] .menu-lines").waitFor();
    await seen("the menu of a message");
    await page.keyboard.press("Escape");
    await page.locator(".menu-holder > .icon-button").click();
    await page.locator(".menu.up").waitFor();
    await seen("what can be attached");
    await page.keyboard.press("Escape");
    await uncover({ page });
    await page.locator("button.photo").first().click();
    await page.locator("dialog.viewer[open] img").evaluate((image) => image.decode());
    await seen("a picture");
    await page.keyboard.press("Escape");
}

test("in a longer language and from right to left no word is cut off, nothing scrolls sideways, and both are mirrored or not as they should be", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const pictures = await draw(browser, folder);
        const [alice, bob] = [await person(browser, `${url}/?lang=en-XA`, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        const { page } = alice;
        await page.locator(".welcome-card form").waitFor();
        assert.equal(await page.locator("html").getAttribute("lang"), "en-XA");
        await look(page, "sign-up, longer");
        await page.goto(`${url}/?lang=ar-XB`);
        await page.locator(".welcome-card form").waitFor();
        await look(page, "sign-up, mirrored");
        await page.goto(url);
        await signUp(alice);
        await page.goto(`${url}/?lang=en-XA`);
        await page.locator(".first-card").waitFor();
        await look(page, "the first card, longer");
        await page.locator(".first-card .word-button.main").click();
        await page.locator("#birth-month").waitFor();
        await look(page, "the second card, longer");
        await page.locator(".first-card .word-button.quiet").last().click();
        await page.locator(".empty").waitFor();
        await look(page, "the empty list, longer");
        await page.setViewportSize(LARGE);
        await page.goto(url);
        await signUp(bob);
        await befriend(alice, bob);
        await openChat(alice);
        await openChat(bob);
        await say(bob, "hello Alice, **this** is a line with `code` and https://example.org/a/long/address/that/does/not/end?soon=0123456789");
        await say(alice, "hello Bob");
        await bob.page.locator("#attach-photo").setInputFiles(pictures.hills);
        await composer(bob).fill("hills");
        await composer(bob).press("Enter");
        await page.locator("img.photo-picture").waitFor();
        await page.getByRole("button", { name: "Add a friend" }).first().click();
        await page.getByRole("button", { name: "Make a link" }).click();
        await page.locator('.own-link[data-live="true"]').first().waitFor();

        for (const [lang, direction] of [["en-XA", "ltr"], ["ar-XB", "rtl"]]) {
            await everywhere(page, url, lang, async (where) => {
                assert.equal(await page.locator("html").getAttribute("dir"), direction);
                await look(page, `${where} in ${lang}`);
            });
            await page.setViewportSize(LARGE);
            await page.locator(".list").waitFor();
            const [list, mine] = [await page.locator(".list").boundingBox(), await page.locator("article.mine").first().boundingBox()];
            const middle = (list.width + LARGE.width) / 2;
            assert.equal(list.x === 0, direction === "ltr", "the list is where one begins to read");
            assert.equal(mine.x + mine.width / 2 > (direction === "ltr" ? middle : LARGE.width - middle), direction === "ltr", "one's own words are at the end of the line");
        }

        // Zoomed to 200 % a window of 640 has the room of 320 (WCAG 1.4.4, 1.4.10); and the page's own text size of 200 %.
        await page.evaluate(() => localStorage.setItem("treehouse-zoom", "200"));
        await everywhere(page, url, "en", async (where) => {
            for (const size of [{ width: 640, height: 900 }, LARGE]) {
                await page.setViewportSize(size);
                await fits(page, `${where} at twice the size in ${size.width}`);
            }
        });
        await page.evaluate(() => localStorage.removeItem("treehouse-zoom"));

        // Colours of the device: what is told by a ground is told by a line as well.
        await page.emulateMedia({ forcedColors: "active" });
        await page.goto(`${url}/#/`);
        await openChat(alice);
        for (const selector of [".bubble", ".send, .composer .icon-button", ".avatar"].slice(0, 1)) {
            const width = await page.locator(selector).first().evaluate((element) => parseFloat(getComputedStyle(element).borderTopWidth));
            assert.ok(width >= 1, `${selector} has a line around it`);
        }
        const current = await page.locator("a.chat-line.current").evaluate((element) => getComputedStyle(element).outlineStyle);
        assert.equal(current, "solid");
        await page.emulateMedia({ forcedColors: null, reducedMotion: "reduce" });
        const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
            const style = getComputedStyle(element);
            return parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0;
        }).length);
        assert.equal(moving, 0, "nothing moves for who wants nothing to move");
        await page.emulateMedia({ reducedMotion: null, contrast: "more" });
        await fine(page, "a chat with high contrast");
    }));
