// What WCAG 2.2 AA asks of a page that a program can measure: returns the faults it finds.
() => {
  const faults = [];
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 1 && box.height > 1 && style.visibility !== 'hidden' && style.display !== 'none'
      && !element.closest('details:not([open]) > :not(summary)');
  };
  const parse = (text) => {
    const parts = text.match(/[\d.]+/g).map(Number);
    return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
  };
  const luminance = ([r, g, b]) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((v) => linear(v / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.alpha === 1) return colour.rgb;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(element) || ['STYLE', 'SCRIPT', 'NOSCRIPT'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(parse(style.color).rgb), luminance(paper(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 40)}`);
  }
  for (const element of document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')) {
    if (!shown(element)) continue;
    const inline = getComputedStyle(element).display === 'inline' && element.tagName === 'A';
    const target = element.closest('label') || element;
    const box = target.getBoundingClientRect();
    if (!inline && (box.height < 44 || box.width < 44)) faults.push(`target ${box.width}x${box.height}: ${element.outerHTML.slice(0, 60)}`);
    const labels = element.labels ? [...element.labels].map((label) => label.textContent).join(' ') : '';
    const name = (element.getAttribute('aria-label') || labels || element.textContent || element.value || '').trim();
    if (!name) faults.push(`no name: ${element.outerHTML.slice(0, 60)}`);
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('not exactly one h1');
  const levels = [...document.querySelectorAll('h1, h2, h3')].map((heading) => Number(heading.tagName[1]));
  levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) faults.push('a heading level is skipped'); });
  if (!document.documentElement.lang) faults.push('no language');
  if (!document.title) faults.push('no title');
  if (!document.querySelector('main')) faults.push('no main');
  for (const image of document.images) if (!image.hasAttribute('alt')) faults.push('an image without alt');
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  if (new Set(ids).size !== ids.length) faults.push('an id twice');
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the window: ${document.documentElement.scrollWidth}`);
  return faults;
}
