// What must hold of every screen for everybody: axe finds nothing, nothing is cut off, nothing is too small to touch.

import assert from "node:assert/strict";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const AXE = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const RULES = {
    runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    // Off by default, and part of WCAG 2.2 AA.
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
};

// What depends on colours; the rest is the same by day and by night.
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

/** Where pictures of all that is looked at here are put, for people to look at; none where it is not set. */
const SHOTS = process.env.TREEHOUSE_SHOTS;
const SIZES = [[320, 640], [768, 1024], [1440, 900]];

/** Takes pictures of a screen at three widths, light and dark, and lays all that are there on one sheet. */
export async function shoot(page, where) {
    if (!SHOTS) return;
    await mkdir(SHOTS, { recursive: true });
    const before = page.viewportSize();
    for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        for (const colorScheme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme });
            await page.waitForTimeout(250);
            await page.screenshot({ path: join(SHOTS, `${where.replaceAll(/\W+/g, "-")}-${width}-${colorScheme}.png`) });
        }
    }
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize(before);
    await sheet();
}

/** `index.html` among the pictures: a line a screen, from narrow to wide. */
async function sheet() {
    const width = (name) => Number(/-(\d+)-\w+\.png$/.exec(name)?.[1]);
    const screen = (name) => name.replace(/-\d+-\w+\.png$/, "");
    const pictures = (await readdir(SHOTS)).filter((name) => name.endsWith(".png")).sort((a, b) => width(a) - width(b));
    const lines = [...new Set(pictures.map(screen))].sort().map((one) => {
        const shown = pictures.filter((name) => screen(name) === one).map((name) => `<a href="${name}"><img src="${name}" height="300" alt="${name}"></a>`);
        return `<h2>${one}</h2>${shown.join(" ")}`;
    });
    await writeFile(join(SHOTS, "index.html"), `<!doctype html><meta charset="utf-8"><title>Screens</title>${lines.join("")}`);
}

/**
 * Looks with axe at a page in both colour schemes. In a world of its own inside the page (`Page.createIsolatedWorld`): the page's own scripts
 * and rules, which let no script in, stay as they are. `leaveOut`: rules that say nothing of this page as it is.
 */
export async function fine(page, where = "the page", { leaveOut = [] } = {}) {
    const rules = { ...RULES, rules: { ...RULES.rules, ...Object.fromEntries(leaveOut.map((rule) => [rule, { enabled: false }])) } };
    await shoot(page, where);
    const devtools = await page.context().newCDPSession(page);
    try {
        const { frameTree } = await devtools.send("Page.getFrameTree");
        const world = await devtools.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
        const run = async (expression) => {
            const options = { contextId: world.executionContextId, awaitPromise: true, returnByValue: true };
            const { result, exceptionDetails } = await devtools.send("Runtime.evaluate", { expression, ...options });
            assert.equal(exceptionDetails?.exception?.description, undefined);
            return result.value;
        };
        await run(`${AXE}; undefined`);
        const dark = { ...rules, runOnly: { type: "rule", values: OF_COLOURS.filter((rule) => !leaveOut.includes(rule)) } };
        for (const [colorScheme, asked] of [["light", rules], ["dark", dark]]) {
            await page.emulateMedia({ colorScheme });
            // Colours on their way from one to the other are no colours of ours.
            await run("document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity).forEach((one) => one.finish())");
            const found = await run(`axe.run(document, ${JSON.stringify(asked)}).then(({ violations }) => violations.flatMap(
                ({ id, help, nodes }) => nodes.map((node) => id + ": " + help + ": " + node.html.slice(0, 300) + " " + (node.any[0]?.message ?? ""))))`);
            assert.deepEqual(found, [], `axe at ${where}, ${colorScheme}`);
        }
        await page.emulateMedia({ colorScheme: null });
    } finally {
        await devtools.detach();
    }
}

/** The same for every page that is open. */
export async function allFine(browser) {
    for (const page of browser.contexts().flatMap((context) => context.pages())) {
        if ((await page.locator("#page").count()) > 0) {
            await fine(page, page.url());
        }
    }
}

export const SMALL = { width: 320, height: 640 };
export const LARGE = { width: 1440, height: 900 };

/** The same screen at each size, and with axe at the last. */
export async function look(page, where, sizes = [SMALL, LARGE]) {
    for (const size of sizes) {
        await page.setViewportSize(size);
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        await fits(page, `${where} at ${size.width}`);
    }
    await fine(page, where);
}

/** Nothing scrolls sideways, no words of ours are cut off or stick out, and everything one touches is 44 pixels high and wide. */
export async function fits(page, where) {
    const found = await page.evaluate(() => {
        const found = [];
        const wide = document.documentElement.scrollWidth;
        if (wide > innerWidth) {
            found.push(`the page is ${wide} wide in ${innerWidth}`);
        }
        const name = (element) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} “${element.textContent.trim().slice(0, 60)}”`;
        const seen = (element) => element.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && !element.closest(".for-readers");
        for (const element of document.querySelectorAll("body *")) {
            if (!seen(element)) {
                continue;
            }
            const style = getComputedStyle(element);
            const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
            // What others wrote is shortened with dots; our own words never are.
            const theirs = element.closest(".chat-name, .chat-last, .quote, .pinned, .file-name, .stream [dir=auto], pre");
            if (!theirs && words.length > 0 && style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1) {
                found.push(`cut off sideways: ${name(element)}`);
            }
            if (!theirs && words.length > 0 && ["hidden", "clip"].includes(style.overflowY) && element.scrollHeight > element.clientHeight + 2) {
                found.push(`cut off below: ${name(element)}`);
            }
            for (const node of theirs ? [] : words) {
                const range = document.createRange();
                range.selectNodeContents(node);
                const holder = element.closest("button, a, label, .bubble, .card, dialog, p") ?? element;
                const around = holder.getBoundingClientRect();
                // Lines that are many more than words are letters below each other; keys and links are broken anywhere.
                const all = node.data.trim().split(/\s+/);
                const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
                if (lines > 2 * all.length && all.every((word) => word.length < 24)) {
                    found.push(`a word in pieces: ${name(element)}`);
                }
                for (const box of range.getClientRects()) {
                    if (box.left < -1 || box.right > innerWidth + 1) {
                        found.push(`out of the window: ${name(element)}`);
                    } else if (box.width > 0 && (box.left < around.left - 1 || box.right > around.right + 1)) {
                        found.push(`sticks out of ${name(holder)}`);
                    }
                }
            }
        }
        const touch = 44;
        for (const element of document.querySelectorAll("button, a[href], input, select, textarea, summary")) {
            // What is inside of a label, or of a message that is being chosen, is touched by that, links in a text are as high as the text (WCAG 2.5.8, inline).
            const target = element.closest("label, .choosing article") ?? element;
            if (!seen(target) || target.closest(".text")) {
                continue;
            }
            const box = target.getBoundingClientRect();
            if (box.width > 0 && (box.width < touch - 0.5 || box.height < touch - 0.5)) {
                found.push(`${Math.round(box.width)} by ${Math.round(box.height)}: ${name(target)} ${target.getAttribute("aria-label") ?? ""}`);
            }
        }
        return [...new Set(found)];
    });
    assert.deepEqual(found, [], where);
}
