// SPDX-License-Identifier: MIT
// The one classic script: it runs before first paint, so that a chosen theme or language never flashes the other one.
(function () {
  let prefs = {};
  try {
    prefs = JSON.parse(localStorage.getItem('omserver.prefs')) || {};
  } catch {
    prefs = {};
  }
  if (prefs.theme === 'light' || prefs.theme === 'dark') {
    document.documentElement.dataset.theme = prefs.theme;
  }
  const chinese = prefs.language ? prefs.language === 'zh-CN' : /^zh\b/i.test(navigator.language || '');
  document.documentElement.lang = chinese ? 'zh-CN' : 'en';
})();
