// Soft spots of colour: the abstract pattern that the check of pictures was found to draw a curtain before, and the same in grey.
// As `crates/picture/tests/it/spots.rs` draws them.

import { readFile, writeFile } from "node:fs/promises";

const SIDE = 896;
const LIST = new URL("../../picture/tests/it/pattern.txt", import.meta.url);

/** Draws both as PNG files into a folder, and gives their paths. */
export async function patterns(browser, folder) {
    const spots = (await readFile(LIST, "utf8")).trim().split("\n").map((line) => line.split(" ").map(Number));
    const grey = spots.map((spot) => [...spot.slice(0, 4), 96, 96, 96]);
    const page = await browser.newPage();
    const paths = {};
    for (const [name, list] of Object.entries({ pattern: spots, grey })) {
        const address = await page.evaluate(drawn, [list, SIDE]);
        paths[name] = `${folder}/${name}.png`;
        await writeFile(paths[name], Buffer.from(address.split(",")[1], "base64"));
    }
    await page.context().close();
    return paths;
}

/** Runs in a page. */
function drawn([spots, side]) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const picture = context.createImageData(side, side);
    const place = (at) => ((at + 0.5) / side) * 256;
    for (let y = 0; y < side; y += 1) {
        for (let x = 0; x < side; x += 1) {
            const colour = [128, 128, 128];
            for (const [left, top, wide, high, ...own] of spots) {
                const dx = (place(x) - left) / (8 + wide / 2);
                const dy = (place(y) - top) / (8 + high / 2);
                const part = Math.exp(-(dx * dx + dy * dy));
                for (let c = 0; c < 3; c += 1) colour[c] += (own[c] - colour[c]) * part;
            }
            picture.data.set([...colour, 255], (y * side + x) * 4);
        }
    }
    context.putImageData(picture, 0, 0);
    return canvas.toDataURL("image/png");
}
