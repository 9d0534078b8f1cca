// Films for tests and measurements, and a click into the middle of one.

import { execFileSync } from "node:child_process";

export const ffmpeg = (...args) => execFileSync("ffmpeg", ["-loglevel", "error", "-y", "-f", "lavfi", ...args]);

/** A minute as a phone makes it: many pieces, and what says where is what behind all of them. */
export function filmed(path) {
    const noise = "testsrc2=size=640x360:duration=60:rate=25,noise=alls=60:allf=t";
    ffmpeg("-i", noise, "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-b:v", "4M", "-g", "25", path);
}

/**
 * Plays a film and clicks in the middle of the line that the browser draws for its time. The page itself measures, from just before the click, which
 * the browser's own part of it keeps to itself, until the film plays on from there.
 */
export async function clickedInItsMiddle(page, video) {
    await video.scrollIntoViewIfNeeded();
    await video.evaluate(async (video) => {
        video.muted = true;
        await video.play();
        window.film = {};
        video.addEventListener("timeupdate", () => {
            const at = video.currentTime;
            if (!film.seen && !video.seeking && !video.paused && at > video.duration / 2) {
                film.seen = { from: film.from, at, playing: !video.ended, after: performance.now() - film.began };
            }
        });
    });
    const { x, y } = await timeline(page, video);
    await video.evaluate((video) => Object.assign(film, { from: video.currentTime, began: performance.now() }));
    await page.mouse.click(x, y);
    await page.waitForFunction(() => film.seen);
    const seen = await page.evaluate(() => film.seen);
    await video.evaluate((video) => video.pause());
    return seen;
}

/** The middle of a film's line of time, which lies in a part of the page that belongs to the browser. */
async function timeline(page, video) {
    // Shown while one points at the film.
    await video.hover();
    // Of several films in a page it is this one's.
    await video.evaluate((video) => (video.dataset.clicked = "here"));
    const devtools = await page.context().newCDPSession(page);
    const { root } = await devtools.send("DOM.getDocument", { depth: -1, pierce: true });
    const find = (node, name, value) => {
        const attributes = node.attributes ?? [];
        if (attributes[attributes.indexOf(name) + 1] === value) return node;
        return [...(node.shadowRoots ?? []), ...(node.children ?? [])].map((inside) => find(inside, name, value)).find(Boolean);
    };
    const line = find(find(root, "data-clicked", "here"), "pseudo", "-webkit-media-controls-timeline");
    await video.evaluate((video) => delete video.dataset.clicked);
    const { model } = await devtools.send("DOM.getBoxModel", { nodeId: line.nodeId });
    await devtools.detach();
    const [left, top, right, , , bottom] = model.content;
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
}
