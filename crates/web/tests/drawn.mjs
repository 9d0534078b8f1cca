// Pictures that were drawn, for tests and for looking: a few hills, a boat, a house in a tree.

const HILLS = `<rect width="1600" height="1200" fill="#f7c59f"/><rect width="1600" height="620" fill="#fbe3c8"/><circle cx="1130" cy="430" r="120" fill="#f26b4e"/>
<path d="M0 700 Q300 480 620 660 T1200 600 T1600 640 V1200 H0z" fill="#8f6f8e"/><path d="M0 820 Q400 640 800 800 T1600 740 V1200 H0z" fill="#574b6b"/>
<path d="M0 980 Q500 800 900 960 T1600 900 V1200 H0z" fill="#2b2d42"/>`;
const BOAT = `<rect width="1600" height="1200" fill="#bfe3f2"/><rect y="700" width="1600" height="500" fill="#2f7f9d"/><path d="M0 780 q100 -40 200 0 t200 0 t200 0 t200 0 t200 0 t200 0 t200 0 t200 0 V1200 H0z" fill="#25687f"/>
<path d="M560 760 h480 l-90 130 h-300z" fill="#b5452f"/><path d="M800 740 V260 L1040 700z" fill="#fff"/><path d="M780 740 V340 L620 700z" fill="#f4ead7"/><circle cx="330" cy="260" r="90" fill="#ffe08a"/>`;
const HOUSE = `<rect width="1600" height="1200" fill="#cfe8d5"/><rect y="900" width="1600" height="300" fill="#6fa56c"/><rect x="740" y="560" width="120" height="420" fill="#7a5230"/>
<circle cx="800" cy="420" r="330" fill="#3f7f4c"/><circle cx="560" cy="520" r="200" fill="#4c9159"/><circle cx="1050" cy="520" r="210" fill="#356f42"/>
<rect x="640" y="430" width="320" height="220" fill="#c98f55"/><path d="M600 440 L800 290 L1000 440z" fill="#8c3b2a"/><rect x="760" y="520" width="80" height="130" fill="#5b3a1e"/><rect x="670" y="480" width="60" height="60" fill="#ffe9a8"/>
<path d="M880 650 V930 M940 650 V930 M880 700 H940 M880 760 H940 M880 820 H940 M880 880 H940" stroke="#5b3a1e" stroke-width="10"/>`;

/** Draws the three pictures as JPEG files into a folder, and gives their paths. */
export async function draw(browser, folder) {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1200 } });
    const paths = {};
    for (const [name, inside] of Object.entries({ hills: HILLS, boat: BOAT, house: HOUSE })) {
        await page.setContent(`<body style="margin:0"><svg viewBox="0 0 1600 1200" width="1600" height="1200">${inside}</svg>`);
        paths[name] = `${folder}/${name}.jpg`;
        await page.screenshot({ path: paths[name], type: "jpeg", quality: 85 });
    }
    await page.context().close();
    return paths;
}
