// Every main screen in a language that is two fifths longer and in one that runs from right to left, on a small and a large screen; at 200 %,
// in colours that the device chose, with more contrast, and without motion.

import assert from "node:assert/strict";
import test from "node:test";
import { draw } from "./drawn.mjs";
import { LARGE, fine, fits, look } from "./fine.mjs";
import { focused, held } from "./keys.mjs";
import { befriend, composer, openChat, person, say, signUp, uncover } from "./people.mjs";
import { world } from "./world.mjs";

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

        // The page's own text size of 200 %, on a phone (WCAG 1.4.4) and on a large screen.
        await page.evaluate(() => localStorage.setItem("treehouse-zoom", "200"));
        await everywhere(page, url, "en", async (where) => {
            for (const size of [{ width: 390, height: 844 }, LARGE]) {
                await page.setViewportSize(size);
                await fits(page, `${where} at twice the size in ${size.width}`);
            }
        });
        await page.evaluate(() => localStorage.removeItem("treehouse-zoom"));

        await wished(page, url);
    }));

/** What a device may wish for, and what then has to hold of every screen besides what axe finds. */
const WISHES = [
    // What axe reads is the text's colour as the style sheet has it, where the browser draws the device's own.
    ["colours of the device", { forcedColors: "active" }, edged, { leaveOut: ["color-contrast"] }],
    ["more contrast", { contrast: "more" }, edged],
    ["less motion", { reducedMotion: "reduce" }, still],
];

async function wished(page, url) {
    await page.setViewportSize(LARGE);
    for (const [wish, media, holds, how] of WISHES) {
        await page.emulateMedia(media);
        // What moved at the change is over.
        await page.reload();
        await everywhere(page, url, "en", async (where) => {
            await holds(page, `${where}, with ${wish}`);
            await focusIsSeen(page, `${where}, with ${wish}`);
            // Motion is no matter of axe's: one screen is enough.
            if (holds === edged || where === "a chat") await fine(page, `${where}, with ${wish}`, how);
        });
        await page.emulateMedia(Object.fromEntries(Object.keys(media).map((feature) => [feature, null])));
    }
}

/** A contrast that lines and marks must have (WCAG 1.4.11). */
const EDGE_CONTRAST = 3;

/** What is told by a ground or a shadow alone where nobody wishes for anything has a line around it, which one sees. */
async function edged(page, where) {
    const found = await page.evaluate((least) => {
        const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        // Whatever way a colour is written.
        const shade = (colour) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
            const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
            return { light: 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue), alpha: alpha / 255 };
        };
        const between = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        const ground = (element) => {
            for (let at = element; at; at = at.parentElement) {
                const { light, alpha } = shade(getComputedStyle(at).backgroundColor);
                if (alpha > 0.9) return light;
            }
            return 1;
        };
        const line = (element) => {
            const style = getComputedStyle(element);
            const lines = [[style.borderTopStyle, style.borderTopWidth, style.borderTopColor], [style.outlineStyle, style.outlineWidth, style.outlineColor]];
            const behind = ground(element.parentElement ?? element);
            return lines.some(([kind, width, colour]) => {
                const { light, alpha } = shade(colour);
                return kind !== "none" && parseFloat(width) >= 1 && alpha > 0.5 && between(light, behind) >= least;
            });
        };
        const forced = matchMedia("(forced-colors: active)").matches;
        const fields = ".pill, .word-button.quiet, select, textarea, input:is([type=text], [type=search], [type=password], :not([type]))";
        const grounds = ".bubble, .avatar, .word-button, .menu, dialog[open]:not(.viewer), .card, a.chat-line.current";
        return [...document.querySelectorAll(forced ? `${fields}, ${grounds}` : fields)]
            .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 0 && !element.closest(".for-readers, .viewer"))
            // The line of a field may be around what it lies in.
            .filter((element) => ![element, element.closest(".pill")].some((one) => one && line(one)))
            .map((element) => `${element.tagName.toLowerCase()}.${element.className} “${element.textContent.trim().slice(0, 40)}”`);
    }, EDGE_CONTRAST);
    assert.deepEqual([...new Set(found)], [], `without a line that one sees: ${where}`);
}

/** Longer than this is a movement. */
const STILL_S = 0.01;

/** Nothing moves, not even what is drawn before or behind something. */
async function still(page, where) {
    const moving = await page.evaluate((most) => {
        const parts = [null, "::before", "::after", "::backdrop"];
        const longest = (times) => Math.max(...times.split(",").map((time) => parseFloat(time) * (time.trim().endsWith("ms") ? 0.001 : 1)));
        const moves = (element) => parts.some((part) => {
            const style = getComputedStyle(element, part);
            return longest(style.transitionDuration) > most || (style.animationName !== "none" && longest(style.animationDuration) > most);
        });
        const found = [...document.querySelectorAll("*")].filter(moves).map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
        const smooth = [...document.querySelectorAll("*")].filter((element) => getComputedStyle(element).scrollBehavior === "smooth");
        return [...new Set(found), ...smooth.map((element) => `${element.tagName} scrolls`), ...document.getAnimations().map((one) => `${one.animationName ?? one.transitionProperty}`)];
    }, STILL_S);
    assert.deepEqual(moving, [], `moves: ${where}`);
}

/** Stops of the Tab key that are looked at on each screen. */
const STOPS = 8;

async function focusIsSeen(page, where) {
    for (let count = 0; count < STOPS; count++) {
        await page.keyboard.press("Tab");
        // Behind the last one the browser itself comes.
        if (await focused(page)) await held(page, where);
    }
}
