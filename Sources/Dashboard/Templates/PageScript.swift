/// The page's script: comfort only, nothing on the page needs it.
enum PageScript {
  static let javaScript = """
    'use strict';
    (() => {
      const hour = 3600e3;
      const ago = (ms) => {
        const h = ms / hour;
        if (h < 1) return Math.max(1, Math.round(h * 60)) + ' minutes ago';
        if (h < 48) return Math.round(h) + (Math.round(h) === 1 ? ' hour ago' : ' hours ago');
        return Math.round(h / 24) + ' days ago';
      };
      for (const place of document.querySelectorAll('[data-since]')) {
        const since = new Date(place.dataset.since);
        const age = Date.now() - since;
        if (!(age >= 0)) continue;
        const here = since.toLocaleString('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });
        place.textContent = 'That was ' + ago(age) + ' (' + here + ' where you are).';
        if (age > 26 * hour) {
          place.classList.add('late');
          place.textContent += ' No newer run has written this page: check that the nightly run is scheduled.';
          const verdict = place.closest('.verdict.good');
          if (verdict) {
            verdict.classList.replace('good', 'warn');
            verdict.querySelector('.state').lastChild.textContent = 'Out of date';
          }
        }
        place.hidden = false;
      }
      const tip = document.createElement('div');
      tip.className = 'tip';
      tip.hidden = true;
      tip.setAttribute('aria-hidden', 'true');
      document.body.append(tip);
      for (const svg of document.querySelectorAll('.canvas svg')) {
        const bars = [...svg.querySelectorAll('g')];
        const facts = bars.map((bar) => {
          const title = bar.querySelector('title');
          const text = title.textContent;
          title.remove();
          return text;
        });
        let shown = -1;
        const hide = () => {
          if (shown >= 0) bars[shown].classList.remove('on');
          shown = -1;
          tip.hidden = true;
        };
        svg.addEventListener('pointermove', (event) => {
          const index = bars.indexOf(event.target.closest('g'));
          if (index < 0) return hide();
          if (index !== shown) {
            hide();
            shown = index;
            bars[index].classList.add('on');
            tip.textContent = facts[index];
          }
          tip.hidden = false;
          const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
          tip.style.left = Math.max(8, left) + 'px';
          tip.style.top = Math.max(8, event.clientY - tip.offsetHeight - 14) + 'px';
        });
        svg.addEventListener('pointerleave', hide);
      }
      const toggle = (open) => {
        for (const part of document.querySelectorAll('details')) {
          if (open && !part.open) { part.open = true; part.dataset.printed = ''; }
          if (!open && 'printed' in part.dataset) { part.open = false; delete part.dataset.printed; }
        }
      };
      addEventListener('beforeprint', () => toggle(true));
      addEventListener('afterprint', () => toggle(false));
    })();
    """
}
