// A person with a keyboard and nothing else.

import assert from "node:assert/strict";
import { PATIENCE_MS } from "./people.mjs";

/** What has the focus: its name as a screen reader says it, what it is, and whether one sees that it has it. */
export function focused(page) {
    return page.evaluate(() => {
        const at = document.activeElement;
        if (!at || at === document.body) {
            return null;
        }
        // What is drawn for the eye alone is not read out.
        const read = (element) => {
            const copy = element.cloneNode(true);
            copy.querySelectorAll("[aria-hidden=true]").forEach((hidden) => hidden.remove());
            return copy.textContent;
        };
        const labels = [...(at.labels ?? [])].map(read).join(" ");
        const name = (at.getAttribute("aria-label") ?? (labels || read(at) || at.getAttribute("title") || "")).trim().replaceAll(/\s+/g, " ");
        // The line around a field may be its pill's, the line of a file's input its label's.
        const lined = (element) => element && getComputedStyle(element).outlineStyle !== "none" && parseFloat(getComputedStyle(element).outlineWidth) >= 2;
        const visible = [at, at.closest(".pill"), at.closest("label")].some(lined);
        const box = (at.closest("label") ?? at).getBoundingClientRect();
        const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        window.stops ??= new WeakMap();
        window.stopCount ??= 0;
        if (!window.stops.has(at)) {
            window.stops.set(at, ++window.stopCount);
        }
        return { name, tag: at.tagName.toLowerCase(), visible, inside, text: at.matches("h1, .desk-case"), id: window.stops.get(at) };
    });
}

/** Fails if nothing has the focus or one cannot see what. */
export async function held(page, when) {
    const at = await focused(page);
    assert.ok(at, `${when}: the focus is lost`);
    assert.ok(at.inside, `${when}: the focus is out of sight, at ${at.tag} “${at.name}”`);
    // A heading or a report that one was brought to, to be read from its beginning, is no control: it shows no line.
    assert.ok(at.visible || at.text, `${when}: nothing shows that ${at.tag} “${at.name}” has the focus`);
    assert.ok(at.name, `${when}: the ${at.tag} that has the focus has no name`);
    return at;
}

/** Goes on with Tab (or `key`) until what has the focus is called so; at most `most` stops away. */
export async function reach(page, name, { key = "Tab", most = 40 } = {}) {
    const wanted = (at) => (name instanceof RegExp ? name.test(at.name) : at.name === name);
    const met = [];
    for (let count = 0; count < most; count++) {
        const at = await focused(page);
        if (at && wanted(at)) {
            await held(page, `at ${name}`);
            return at;
        }
        if (at) {
            assert.notEqual(at.id, met.at(-1)?.id, `${key} does not leave ${at.tag} “${at.name}”`);
            met.push(at);
        }
        await page.keyboard.press(key);
    }
    throw new Error(`${key} came to ${met.map((at) => at.name).join(" | ")} and not to ${name}`);
}

/** Waits for the focus to be where a screen that was just opened puts it. */
export async function arrives(page, name) {
    const wanted = name instanceof RegExp ? name : new RegExp(`^${name}`);
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
        const at = await focused(page);
        if (at && wanted.test(at.name)) {
            return held(page, `at ${name}`);
        }
        await page.waitForTimeout(50);
    }
    assert.fail(`the focus is at ${JSON.stringify(await focused(page))}, not at ${name}`);
}
