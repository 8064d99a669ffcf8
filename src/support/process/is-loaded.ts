/** Whether Node has loaded one of its modules. True if Node does not tell. */
export function isLoaded(name: string): boolean {
  const modules: readonly string[] | undefined = Reflect.get(process, 'moduleLoadList')
  return modules?.includes(`NativeModule ${name}`) ?? true
}
