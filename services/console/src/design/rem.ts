/** Pixels of 1rem: larger on very large screens (panel.css), and wherever a person chose larger text. */
import { ref } from 'vue'

const measure = () => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16

export const rem = ref(measure())

addEventListener('resize', () => (rem.value = measure()))
