#!/bin/sh
# Debian's chromium and Chinese fonts for the browser tests; says what to install where this is not Debian or not root.
set -eu
if [ -x /usr/bin/chromium ] && [ -n "$(find /usr/share/fonts -iname '*NotoSansCJK*' -print -quit 2>/dev/null)" ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo '浏览器测试需要 /usr/bin/chromium 和 fonts-noto-cjk，请先安装。' >&2
  echo 'The browser tests need /usr/bin/chromium and fonts-noto-cjk: install them first.' >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
