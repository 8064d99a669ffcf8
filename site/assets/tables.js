/* A table that is wider than the page scrolls. The keyboard reaches a table that scrolls. */
const update = () => {
  for (const frame of document.querySelectorAll('div.table')) {
    if (frame.scrollWidth > frame.clientWidth) frame.setAttribute('tabindex', '0')
    else frame.removeAttribute('tabindex')
  }
}
update()
addEventListener('resize', update)
