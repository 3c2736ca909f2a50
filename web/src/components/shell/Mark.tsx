export function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden className="shrink-0">
      <rect width="24" height="24" rx="6" className="fill-fill" />
      <path d="M6 7.5 10.5 12 6 16.5M12.5 16.5H18" fill="none" stroke="#fff" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
